"""`reluscope watch`: the curves of runs, live, in a terminal."""

import json as js
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from . import plot, progress
from .remote import OfSweep, asks_server, find_all, told
from .shared import INTERRUPTED, NO, AsJson

if TYPE_CHECKING:
    from ..client import Client, Run, Update

UNDER_WAY = ["queued", "running", "paused"]

FRAMES_PER_S = 8

LEGEND = 12
"""Runs that are named below the plot."""


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
    named = runs or sweep
    found = find_all(client, runs, sweep) if named else list(client.runs(status=UNDER_WAY))
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
    if any(view.status != "finished" for view in scope.views.values()):
        raise SystemExit(NO)


class Lines:
    """Tells of runs a line when their state has changed, and now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[str, tuple[str, float]] = {}

    def tell(self, view: progress.View) -> None:
        """A run is now like that."""
        status, at = self._told.get(view["id"], ("", 0.0))
        if status != view["status"] or time.monotonic() - at >= progress.EVERY_S:
            self._told[view["id"]] = view["status"], time.monotonic()
            line = f"{view['id'][: progress.ID_CHARACTERS]}  {progress.line(view)}"
            self._console.print(line, soft_wrap=True)


class Scope:
    """Some runs and their curves, as they come; drawn from any thread."""

    def __init__(self, runs: Iterable["Run"], *, log: bool) -> None:
        self.views = {run.id: run.view for run in runs}
        self._curves = {run_id: plot.Curve(log=log) for run_id in self.views}
        self._lock = threading.Lock()

    def follow(self, updates: Iterable["Update"], lines: Lines | None = None) -> None:
        """Take in what comes, to its end."""
        from ..client import Deleted, Losses, RunView

        for update in updates:
            with self._lock:
                if isinstance(update, RunView):
                    self.views[update.id] = update
                    if lines:
                        lines.tell(told(update))
                elif isinstance(update, Losses):
                    self._curves[update.run_id].extend(update.first, update.losses)
                elif isinstance(update, Deleted):
                    del self.views[update.run_id], self._curves[update.run_id]

    def draw(self, width: int, height: int) -> Text:
        """The plot, and below it which curve is which."""
        with self._lock:
            views = [told(view) for view in self.views.values()]
            curves = list(self._curves.values())
            shown = min(len(views), LEGEND)
            made = plot.draw(curves, width, max(plot.LABEL_EVERY, height - shown - 3))
            for number in range(shown):
                view, missing = views[number], curves[number].missing
                name = view["spec"]["name"] or view["spec"]["relu"]
                line = f"{view['id'][: progress.ID_CHARACTERS]} {name}: {progress.line(view)}"
                told_of = ", ".join(filter(None, (line, missing and f"not drawn: {missing}")))
                made.append("\n")
                made.append(told_of[: width - 1], plot.colour(number))
            if len(views) > shown:
                made.append(f"\nand {len(views) - shown} more")
        return made
