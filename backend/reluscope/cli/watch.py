"""`reluscope watch`: the curves of runs, live, in a terminal."""

import json as js
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live

from . import progress
from .remote import OfSweep, asks_server, find_all, told
from .shared import INTERRUPTED, NO, AsJson

if TYPE_CHECKING:
    from ..client import Client

UNDER_WAY = ["queued", "running", "paused"]

FRAMES_PER_S = 8


@asks_server
def command(
    client: "Client",
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            help="Runs, each by its name or how its id begins; all under way where none is named.",
        ),
    ] = None,
    *,
    sweep: OfSweep = None,
    linear: Annotated[
        bool, typer.Option("--linear", help="A linear axis of losses, not a logarithmic one.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Draw the curves of runs as they train, until they end.

    The exit status is 1 where one has not finished.
    """
    from .scope import Lines, Scope

    named = runs or sweep
    found = find_all(client, runs, sweep) if named else list(client.runs(status=UNDER_WAY))
    if not found:
        progress.messages().print("no run is under way")
    console = Console(highlight=False, markup=False)
    scope = Scope(found, log=not linear)
    updates = client.updates(found)
    try:
        if json:
            scope.follow(updates)
            print(js.dumps([told(view) for view in scope.views.values()], indent=2))
        elif console.is_terminal:
            with Live(
                get_renderable=lambda: scope.draw(*console.size),
                console=console,
                refresh_per_second=FRAMES_PER_S,
            ):
                scope.follow(updates)
        else:
            scope.follow(updates, Lines(console))
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    for run_id in scope.deleted:
        progress.messages().print(f"run {run_id} has been deleted")
    if scope.deleted or any(view.status != "finished" for view in scope.views.values()):
        raise SystemExit(NO)
