"""What several commands need: the settings as options, and an end with a word."""

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, NoReturn, get_args, get_origin

import typer
from pydantic import ByteSize, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsError

from ..errors import PluginError
from ..given import Limit
from ..settings import Settings

NO = 1
"""The exit status where a command has done its work, and its answer is no: what it looked at is
unsound or differs, and a run has not finished."""

WRONG_USE = 2
"""The exit status where a command was called wrongly, or what it was given is wrong."""

NOBODY = 3
"""The exit status where there is no server: it does not answer, or could not have its port."""

REFUSED = 4
"""The exit status where a server will not, or cannot now: it wants a token, has no room, or the state
of the run forbids it."""

INTERRUPTED = 130
"""The exit status after Ctrl+C, which ends the command alone: what a server does goes on."""

WORDS = {int: "N", Path: "PATH", ByteSize: "SIZE", Limit: "N|SIZE", SecretStr: "SECRET"}
"""How the help calls what an option takes, by its type; of other types, a TEXT."""

AsJson = Annotated[bool, typer.Option("--json", help="Tell it as JSON, and nothing else.")]


def fail(message: str, status: int = WRONG_USE) -> NoReturn:
    """End with one line on stderr."""
    sys.stderr.write(f"reluscope: error: {message}\n")
    raise SystemExit(status)


def takes_settings(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of settings.py that have these names; all, where none is named.

    What the command line says of them comes as its argument `given`, for `read_settings`: what they
    mean, and whether that is right, is a matter of Settings alone.
    """
    fields = {name: Settings.model_fields[name] for name in names or Settings.model_fields}

    def give(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def called(**said: Any) -> None:
            given = {name: said.pop(name) for name in fields}
            left_out: tuple[object, ...] = (None, "", [])
            command(given={n: value for n, value in given.items() if value not in left_out}, **said)

        options = [_option(name, field) for name, field in fields.items()]
        return signed(called, command, "given", options)

    return give


def signed(
    called: Callable[..., None],
    command: Callable[..., None],
    instead_of: str,
    options: Iterable[inspect.Parameter],
) -> Callable[..., None]:
    """`called` with the parameters of `command`, but for one, `instead_of` which it takes `options`:
    so typer sees them."""
    signature = inspect.signature(command)
    own = (each for name, each in signature.parameters.items() if name != instead_of)
    parameters = [each.replace(kind=each.KEYWORD_ONLY) for each in (*own, *options)]
    called.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called


def read_settings(given: Mapping[str, Any]) -> Settings:
    """The settings by what was given on the command line, and by the environment. Ends the command
    where they are wrong."""
    try:
        return Settings(**given)
    except ValidationError as error:
        # By the name of the option where it is one that is wrong, not several together.
        wrong = ([_flag(str(name)) for name in e["loc"][:1]] + [e["msg"]] for e in error.errors())
        fail("; ".join(map(": ".join, wrong)))
    except SettingsError as error:
        fail(str(error))


def load_plugins(settings: Settings) -> None:
    """Load ReLUs and rules from outside; torch with them. Ends the command where one is wrong."""
    from ..training import plugins

    try:
        plugins.load(settings.load)
    except PluginError as error:
        fail(str(error))


def _option(name: str, field: FieldInfo) -> inspect.Parameter:
    """A field of Settings as an option. What it is given stays text, or a list of texts, or a flag;
    the default is told in the help alone, and so is the environment variable."""
    flag = _flag(name)
    one = _without_none(field.annotation)
    several = get_origin(one) is list
    kind = _without_none(get_args(one)[0]) if several else one
    told = [f"{Settings.model_config['env_prefix']}{name.upper()}"]
    default = field.get_default(call_default_factory=True)
    if isinstance(default, bool):
        told.append(f"default: {flag if default else flag.replace('--', '--no-', 1)}")
        flag = f"{flag}/{flag.replace('--', '--no-', 1)}"
    elif default not in (None, "", []):
        values = default if several else [default]
        told.append(f"default: {', '.join(map(str, values))}")
    option = typer.Option(
        flag,
        help=f"{field.description} [{'; '.join(told)}]",
        metavar=None if kind is bool else _word(kind),
        show_default=False,
    )
    taken = list[str] if several else bool if kind is bool else str
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[taken | None, option],
    )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _without_none(kind: Any) -> Any:
    """X of `X | None` and of `Annotated[X, ...]`; any other as it is."""
    if get_origin(kind) is Annotated:
        return _without_none(get_args(kind)[0])
    if NoneType in get_args(kind):
        return _without_none(next(each for each in get_args(kind) if each is not NoneType))
    return kind


def _word(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "|".join(get_args(kind))
    return WORDS.get(kind, "TEXT")
