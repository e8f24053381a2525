"""`reluscope sweep`: many runs at once on a server, and what they come to as one table."""

import json as js
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from . import progress, tables, words
from .remote import asks_server, plain
from .shared import INTERRUPTED, NO, AsJson, fail

if TYPE_CHECKING:
    from ..client import Client, Sweep
    from ..client.values import Results

_BOUNDS = re.compile(r"(?P<low>[^:]+?)\.\.(?P<high>[^:]+?)(?P<log>:log)?")

NUMBERS = ("loss", "min_loss", "rate")
"""Columns of the results that are rounded for people."""


@asks_server
def command(
    client: "Client",
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD=VALUE", help="What is the same in all runs, as in run."),
    ] = None,
    *,
    grid: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=VALUES",
            help="A run for each of several values, as update.lr=1e-7,1e-6 or seed=0..7; given for "
            "several fields, for every combination.",
        ),
    ] = None,
    random: Annotated[
        int | None, typer.Option(metavar="N", help="So many runs, drawn from what --draw says.")
    ] = None,
    draw: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=RANGE",
            help="With --random: values as for --grid, or bounds, as update.lr=1e-8..1e-5:log.",
        ),
    ] = None,
    random_seed: Annotated[
        int, typer.Option(metavar="N", help="With --random: decides what is drawn.")
    ] = 0,
    list_: Annotated[
        Path | None,
        typer.Option(
            "--list",
            metavar="FILE",
            help='A JSON list, - for stdin, with an object for each run: [{"update.lr": 1e-6}, ...].',
        ),
    ] = None,
    spec: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What is the same in all, as JSON; fields go before it."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results to a .csv or .json.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Only start it, and tell its id.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Start many runs on a server, wait for them, and tell what they have come to.

    Give one of --grid, --random and --list. All runs are started, or none. The exit status is 1
    where one has not finished; Ctrl+C leaves them to the server.
    """
    if out is not None and (out.suffix not in (".csv", ".json") or detach):
        fail(f"--out {out}: expected a name that ends in .csv or .json, and no --detach")
    base = words.spec_of(spec, fields or ())
    ways: dict[str, Any] = {
        "grid": _grid(grid) if grid else None,
        "random": None if random is None else _random(random, random_seed, draw or ()),
        "list": None if list_ is None else words.read_json(list_),
    }
    if unknown := base.keys() & {*ways, "key"}:  # which the client would take for its own
        fail(f"{unknown.pop()}: a run has no such field")
    if sum(way is not None for way in ways.values()) != 1 or (draw and random is None):
        fail("expected one of --grid, --random (with --draw) and --list")
    sweep = client.create_sweep(**ways, **base)
    if detach:
        print(js.dumps(plain(asdict(sweep.view)), indent=2) if json else sweep.id)
        return
    try:
        _wait(client, sweep)
    except KeyboardInterrupt:
        progress.messages().print(
            f"they go on at {client.url}; reluscope ls --sweep {sweep.id[: progress.ID_CHARACTERS]} "
            "lists them, and reluscope stop --sweep ends them"
        )
        raise SystemExit(INTERRUPTED) from None
    results = sweep.results()
    _tell(results, out, json=json)
    if set(sweep.refresh().statuses) != {"finished"}:
        raise SystemExit(NO)


def _grid(given: Iterable[str]) -> dict[str, list[Any]]:
    return {path: words.values(text) for path, text in words.split(given).items()}


def _random(count: int, seed: int, given: Iterable[str]) -> dict[str, Any]:
    ranges = {path: _range(text) for path, text in words.split(given).items()}
    if not ranges:
        fail("--random: expected what to draw, as --draw update.lr=1e-8..1e-5:log")
    return {"count": count, "seed": seed, "fields": ranges}


def _range(text: str) -> Any:
    """Bounds, or values."""
    if not (bounds := _BOUNDS.fullmatch(text)):
        return words.values(text)
    low, high = (words.value(bounds[name]) for name in ("low", "high"))
    return {"low": low, "high": high, "log": bool(bounds["log"])}


def _wait(client: "Client", sweep: "Sweep") -> None:
    """Until each of its runs has ended, told as they do."""
    from ..client import RunView

    console = progress.messages()
    statuses = dict.fromkeys(sweep.view.runs, "queued")
    ended = 0
    with Progress(
        TextColumn(f"sweep {sweep.id[: progress.ID_CHARACTERS]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=len(statuses), told="")
        for update in client.updates(sweep.view.runs):
            if not isinstance(update, RunView) or statuses[update.id] == update.status:
                continue
            statuses[update.id] = update.status
            if update.has_ended:
                ended += 1
                if not console.is_terminal:
                    point = _point(update.sweep.point if update.sweep else {})
                    console.print(f"{ended} of {len(statuses)}: {point} {update.status}")
            bar.update(task, completed=ended, told=_counts(statuses))


def _counts(statuses: Mapping[str, str]) -> str:
    found = list(statuses.values())
    return ", ".join(f"{found.count(status)} {status}" for status in dict.fromkeys(found))


def _point(point: Mapping[str, Any]) -> str:
    return " ".join(f"{path}={value}" for path, value in point.items())


def _tell(results: "Results", out: Path | None, *, json: bool) -> None:
    from ..server.columns import table_csv

    told = plain(asdict(results))
    if out is not None:
        try:
            with out.open("w", newline="", encoding="utf-8") as file:
                if out.suffix == ".json":
                    js.dump(told, file, indent=2)
                else:
                    file.write(table_csv(results.columns, told["rows"]))
        except OSError as error:
            fail(f"--out {out}: {error.strerror}")
    if json:
        js.dump(told, sys.stdout, indent=2)
        print()
    else:
        rows = (
            [_cell(*each) for each in zip(results.columns, row, strict=True)]
            for row in told["rows"]
        )
        tables.show(results.columns, rows)


def _cell(column: str, value: Any) -> str:
    if column in NUMBERS and isinstance(value, float):
        return f"{value:.6g}"
    if column == "id":
        return str(value)[: progress.ID_CHARACTERS]
    return "" if value is None else str(value)
