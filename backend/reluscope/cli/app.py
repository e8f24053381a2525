"""The command `reluscope`, put together. Without one of its commands it serves."""

from typing import Annotated, Any

import typer

from .. import __version__
from . import check, compare, doctor, export, ls, run, script, serve, show, steer, sweep, watch
from .shared import read_settings, takes_settings

app = typer.Typer(
    # Plain text: it is as wide as it needs to be, and nothing else is loaded for it.
    rich_markup_mode=None,
    # A traceback as Python has it: with values of variables it might show a secret.
    pretty_exceptions_enable=False,
)
COMMANDS = {
    "serve": serve.command,
    "run": run.command,
    "sweep": sweep.command,
    "ls": ls.command,
    "show": show.command,
    "watch": watch.command,
    "pause": steer.pause,
    "resume": steer.resume,
    "stop": steer.stop,
    "rm": steer.remove,
    "compare": compare.command,
    "script": script.command,
    "export": export.command,
    "check": check.command,
    "doctor": doctor.command,
}

for name, command in COMMANDS.items():
    app.command(name)(command)


def _tell_version(*, asked: bool) -> None:
    if asked:
        print(f"reluscope {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
@takes_settings()
def _root(
    context: typer.Context,
    given: dict[str, Any],
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version."),
    ] = False,
) -> None:
    """A live scope for training two-layer ReLU networks. Without a command, serves the page; the
    options below are those of `reluscope serve`."""
    if context.invoked_subcommand is None:
        serve.serve(read_settings(given))
    elif given:
        context.fail(f"options go after the command: reluscope {context.invoked_subcommand} ...")
