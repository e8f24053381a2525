"""`reluscope ls`: the runs that a server has."""

import json as js
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import names, progress, tables
from .remote import OfSweep, asks_server, find_sweep, told
from .shared import AsJson

if TYPE_CHECKING:
    from ..client import Client

COLUMNS = ("id", "name", "relu", "update", "status", "iteration", "loss", "least", "rate")

DIGITS = 4
"""Of a loss: as many as have place beside the rest."""


@asks_server
def command(
    client: "Client",
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="Part of the name or id.")
    ] = None,
    *,
    status: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATUS", help="running, finished, ...", autocompletion=names.statuses
        ),
    ] = None,
    relu: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Of the ReLU.", autocompletion=names.relus),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Of the rule.", autocompletion=names.rules),
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="That they bear.")] = None,
    sweep: OfSweep = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=0, help="So many at most; 0 for all.")
    ] = 50,
    json: AsJson = False,
) -> None:
    """List runs, newest first. A filter that is given twice takes either; all must hold."""
    filters: dict[str, Any] = {"status": status, "relu": relu, "rule": rule, "tag": tag}
    filters |= {"q": text, "sweep": find_sweep(client, sweep).id if sweep else None}
    found = client.runs(**{name: given for name, given in filters.items() if given})
    runs = [told(run.view) for run in (islice(found, limit) if limit else found)]
    if json:
        print(js.dumps(runs, indent=2))
    else:
        tables.show(COLUMNS, map(row, runs))


def row(run: progress.View) -> list[str]:
    """A run in the words of `COLUMNS`."""
    spec = run["spec"]
    return [
        run["id"][: progress.ID_CHARACTERS],
        spec["name"] or "",
        spec["relu"],
        rule_of(spec),
        run["status"],
        f"{run['iteration']}/{spec['iterations']}",
        progress.number(run["loss"], DIGITS),
        progress.number(run["min_loss"], DIGITS),
        progress.rate(run),
    ]


def rule_of(spec: progress.View) -> str:
    """An update rule and its learning rate."""
    update = spec["update"]
    lr = update.get("lr")
    return f"{update['rule']} {lr:g}" if isinstance(lr, float) else str(update["rule"])
