"""`reluscope run`: train one run, here or on a server, and show how it goes."""

import json as js
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from . import losses, progress, words
from .remote import Token, Url, connected, told
from .shared import INTERRUPTED, NO, AsJson, fail, load_plugins, read_settings, takes_settings

if TYPE_CHECKING:
    from ..client import Client, Run


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
    url: Url = None,
    token: Token = None,
    local: Annotated[
        bool, typer.Option("--local", help="Train here, though RELUSCOPE_URL names a server.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Only start it on the server, and tell its id.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Train one run, and show its loss and its rate.

    Without --url or RELUSCOPE_URL it trains here, and is kept nowhere; Ctrl+C stops it. On a server
    it goes on after Ctrl+C. The exit status is 0 where it is finished, and 1 where it diverged,
    failed or was stopped.
    """
    if out is not None:
        losses.check(out)
    wanted = words.spec_of(spec, fields or ())
    if local or not (url or os.environ.get("RELUSCOPE_URL")):
        if detach or (local and url):
            fail("--detach and --url are for a run on a server, --local for one without")
        _here(wanted, given, out, json=json)
    if given:
        fail("--load is for a run that trains here; a server has its own")
    if detach and out is not None:
        fail("--out is for a run that is waited for, not for --detach")
    with connected(url, token) as client:
        run = client.create(wanted)
        if detach:
            print(js.dumps(told(run.view), indent=2) if json else run.id)
        else:
            _there(client, run, out, json=json)


def _here(
    wanted: Mapping[str, Any], given: Mapping[str, Any], out: Path | None, *, json: bool
) -> NoReturn:
    load_plugins(read_settings(given))
    from .local import Training

    training = Training(wanted)
    view = progress.follow(training.views())
    if out is not None:
        losses.write(out, view, training.losses())
    status = _tell(view, json=json)
    training.close(status)
    raise SystemExit(status)


def _there(client: "Client", run: "Run", out: Path | None, *, json: bool) -> NoReturn:
    try:
        view = progress.follow(_views(client, run))
    except KeyboardInterrupt:
        progress.messages().print(
            f"it goes on at {client.url}; reluscope watch {run.id[: progress.ID_CHARACTERS]} shows it, and "
            "reluscope stop ends it"
        )
        raise SystemExit(INTERRUPTED) from None
    if out is not None:
        losses.write(out, view, run.losses())
    raise SystemExit(_tell(view, json=json))


def _views(client: "Client", run: "Run") -> Iterator[progress.View]:
    """It, whenever it has changed, until it has ended."""
    from ..client import Deleted

    yield told(run.view)
    for update in client.updates([run]):
        if isinstance(update, Deleted):
            fail(f"run {run.id} has been deleted", NO)
        yield told(run.view)


def _tell(view: progress.View, *, json: bool) -> int:
    """Say what has come of it; the exit status."""
    print(js.dumps(view, indent=2) if json else progress.line(view))
    return 0 if view["status"] == "finished" else NO
