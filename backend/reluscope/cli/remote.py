"""What commands share that ask a server: where it is, what goes wrong with it, runs by their names."""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from .progress import ID_CHARACTERS
from .shared import NOBODY, REFUSED, fail, signed

if TYPE_CHECKING:
    from ..client import Client, Run, RunView, Sweep

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        help="The server, as http://127.0.0.1:8000, which is also the default, or unix:/path of its "
        "socket. [RELUSCOPE_URL]",
    ),
]

Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        metavar="SECRET",
        help="Where the server wants one; better given in the environment, since others can see "
        "what a command was called with. [RELUSCOPE_TOKEN]",
    ),
]

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="RUN", help="Runs, each by its name or how its id begins."),
]

OfSweep = Annotated[
    str | None,
    typer.Option(
        "--sweep", metavar="SWEEP", help="Those of a sweep, by its name or how its id begins."
    ),
]

Id = Annotated[str, typer.Argument(metavar="RUN", help="A run, by its name or how its id begins.")]

Handle = TypeVar("Handle", "Run", "Sweep")

MANY = 5
"""Runs that are told where one was meant."""


def asks_server(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that name a server; it is called with a `client` in their place."""

    @functools.wraps(command)
    def called(url: str | None, token: str | None, **said: Any) -> None:
        with connected(url, token) as client:
            command(client=client, **said)

    options = (
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in (("url", Url), ("token", Token))
    )
    return signed(called, command, "client", options)


@contextmanager
def connected(url: str | None, token: str | None) -> Iterator["Client"]:
    """A client of a server. What goes wrong with that ends the command, with a word and a status."""
    from ..client import (
        Client,
        ClientError,
        InvalidRequest,
        NotConnected,
        NotFound,
        ProblemError,
        TimedOut,
    )

    try:
        client = Client(url, token)
    except ValueError as error:
        fail(str(error))
    with client:
        try:
            yield client
        except (NotConnected, TimedOut) as error:
            fail(str(error), NOBODY)
        except (InvalidRequest, NotFound) as error:
            told = [f"{each.field}: {each.message}" for each in error.errors if each.field]
            fail("; ".join(told) or str(error))
        except ProblemError as error:
            fail(f"the server refuses: {error}", REFUSED)
        except ClientError as error:
            fail(str(error), REFUSED)


def find(client: "Client", word: str) -> "Run":
    """The run whose id begins so, or of that name. Ends the command where there is none, or are
    several."""
    return _one(client.runs(q=word), word, "run")


def find_sweep(client: "Client", word: str) -> "Sweep":
    """The same of sweeps."""
    return _one(client.sweeps(), word, "sweep")


def find_all(
    client: "Client", words: Iterable[str] | None, sweep: str | None = None
) -> list["Run"]:
    """The runs that are named, and those of a sweep, each once. Ends the command where nothing is
    named."""
    if not words and sweep is None:
        fail("expected a RUN, or --sweep SWEEP; `reluscope ls` lists what there is")
    found = [find(client, word) for word in words or ()]
    if sweep is not None:
        found += find_sweep(client, sweep).runs()
    return list(dict.fromkeys(found))


def _one(all: Iterable[Handle], word: str, kind: str) -> Handle:
    found = list(all)
    named = [each for each in found if each.name == word]
    several = named or [each for each in found if each.id.startswith(word.lower())]
    if len(several) > 1:
        ids = ", ".join(each.id[:ID_CHARACTERS] for each in several[:MANY])
        more = f" and {len(several) - MANY} more" if len(several) > MANY else ""
        fail(f"{word!r} may be any of {len(several)} {kind}s: {ids}{more}")
    if not several:
        fail(f"there is no {kind} {word!r}")
    return several[0]


def told(view: "RunView") -> dict[str, Any]:
    """A run as the API tells it."""
    made: dict[str, Any] = plain(asdict(view))
    return made


def plain(value: Any) -> Any:
    """What JSON can hold: numbers that are not finite by name."""
    from ..numbers import tell_within

    if isinstance(value, tuple):
        value = list(value)
    return tell_within(value)
