"""`reluscope run`: train one run, here or on a server, and show how it goes."""

import importlib.util
import json as js
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import NotInstalled
from . import progress, words
from .shared import NO, AsJson, fail, load_plugins, read_settings, takes_settings

FORMATS = (".csv", ".npy", ".parquet")
"""Endings of the files that losses are written to."""


@takes_settings("load")
def command(
    given: dict[str, Any],
    fields: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FIELD=VALUE",
            help="Fields of the spec, such as relu=my_relu, update.rule=adam, update.lr=1e-3 or "
            "iterations=2000; what is left out is the first tutorial's.",
        ),
    ] = None,
    *,
    spec: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A spec as JSON, - for stdin; fields go before it."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write its losses to a .csv, .npy or .parquet file."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Train one run and show its loss and its rate; Ctrl+C stops it.

    The exit status is 0 where it is finished, and 1 where it diverged, failed or was stopped.
    """
    if out is not None:
        _check_out(out)
    said = {path: words.value(text) for path, text in words.split(fields or ()).items()}
    wanted = words.placed(words.read_object(spec), said)
    load_plugins(read_settings(given))
    from .local import Training

    training = Training(wanted)
    view = progress.follow(training.views())
    if out is not None:
        try:
            training.write(out)
        except OSError as error:
            fail(f"--out {out}: {error.strerror}")
    print(js.dumps(view, indent=2) if json else progress.line(view))
    status = 0 if view["status"] == "finished" else NO
    training.close(status)
    raise SystemExit(status)


def _check_out(out: Path) -> None:
    """Before anything is trained for nothing."""
    if out.suffix not in FORMATS:
        fail(f"--out {out}: expected a name that ends in one of {', '.join(FORMATS)}")
    if not out.absolute().parent.is_dir():
        fail(f"--out {out}: there is no such folder")
    if out.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        fail(str(NotInstalled("Parquet", "parquet")))
