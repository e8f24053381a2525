"""What `reluscope watch` shows: some runs and their curves, as they come."""

import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from ..client import Deleted, Losses, RunView
from ..logs import printable
from . import plot, progress
from .remote import told

if TYPE_CHECKING:
    from ..client import Run, Update

LEGEND = 12
"""Runs that are named below the plot."""


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
        self.deleted: list[str] = []
        """Those that have been, meanwhile."""
        self._curves = {run_id: plot.Curve(log=log) for run_id in self.views}
        self._lock = threading.Lock()

    def follow(self, updates: Iterable["Update"], lines: Lines | None = None) -> None:
        """Take in what comes, to its end."""
        for update in updates:
            with self._lock:
                if isinstance(update, RunView):
                    self.views[update.id] = update
                    if lines:
                        lines.tell(told(update))
                elif isinstance(update, Losses):
                    self._curves[update.run_id].extend(update.first, update.losses)
                elif isinstance(update, Deleted):
                    self.deleted.append(update.run_id)
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
                name = printable(view["spec"]["name"] or view["spec"]["relu"])
                line = f"{view['id'][: progress.ID_CHARACTERS]} {name}: {progress.line(view)}"
                told_of = ", ".join(filter(None, (line, missing and f"not drawn: {missing}")))
                made.append("\n")
                made.append(told_of[: width - 1], plot.colour(number))
            if len(views) > shown:
                made.append(f"\nand {len(views) - shown} more")
        return made
