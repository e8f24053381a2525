"""What is shown of a run while it trains: a bar in a terminal, elsewhere a line now and then."""

import time
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..logs import printable

EVERY_S = 5.0
"""How often a line is told where there is no terminal."""

ID_CHARACTERS = 8
"""Of an id, as people are told it; that many are enough to name it by."""

View = dict[str, Any]
"""A run as the API tells it."""


def messages() -> Console:
    """What speaks to people beside the result: on stderr, and without escape codes where that is no
    terminal."""
    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


def follow(views: Iterable[View]) -> View:
    """Show the views of one run as they come; the last of them."""
    console = messages()
    return _bar(views, console) if console.is_terminal else _lines(views, console)


def _bar(views: Iterable[View], console: Console) -> View:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    last: View = {}
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None, loss="", rate="")
        for last in views:
            progress.update(
                task,
                description=last["status"],
                completed=last["iteration"],
                total=last["spec"]["iterations"],
                loss=number(last["loss"]),
                rate=rate(last),
            )
    return last


def _lines(views: Iterable[View], console: Console) -> View:
    last: View = {}
    told_at = -EVERY_S
    for last in views:
        if time.monotonic() - told_at >= EVERY_S:
            told_at = time.monotonic()
            console.print(line(last))
    return last


def line(view: View) -> str:
    """Where a run is, in a line: its state, iterations, loss and rate, and why."""
    told = [
        f"{view['status']} at {view['iteration']} of {view['spec']['iterations']}",
        f"loss {number(view['loss'])}",
        f"least {number(view['min_loss'])}",
        rate(view),
    ]
    if view["reason"]:
        told.append(view["reason"])
    return printable(", ".join(filter(None, told)))


def number(loss: float | str | None, digits: int = 6) -> str:
    """A loss as people read it; one that is not finite comes as a word already."""
    return "-" if loss is None else loss if isinstance(loss, str) else f"{loss:.{digits}g}"


def rate(view: View) -> str:
    """How fast it goes, or went."""
    return "" if view["rate"] is None else f"{view['rate']:,.0f} it/s"
