"""`reluscope show`: one run, and what has happened to it."""

import json as js
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console

from ..logs import printable
from . import progress
from .remote import Id, asks_server, find, plain, told
from .shared import AsJson

if TYPE_CHECKING:
    from ..client import Client


@asks_server
def command(client: "Client", run: Id, *, json: AsJson = False) -> None:
    """Show one run: what it was asked to do, where it is, and what has happened to it."""
    found = find(client, run)
    view = told(found.view)
    events = [plain(asdict(event)) for event in found.events()]
    if json:
        print(js.dumps({**view, "events": events}, indent=2))
        return
    console = Console(highlight=False, markup=False, soft_wrap=True)
    name = printable(view["spec"]["name"] or "")
    console.print(f"{view['id']}  {name}".rstrip(), style="bold")
    console.print(progress.line({**view, "reason": None}))
    for name, value in _facts(view):
        console.print(f"  {name:36} {printable(value)}")
    for event in events:
        changes = event["changes"] or {}
        what = [f"{path}: {before} -> {after}" for path, (before, after) in changes.items()]
        words = printable("; ".join(filter(None, (event["reason"], *what))))
        console.print(
            f"{_time(event['at'])}  {event['iteration']:>9}  {event['kind']:11} {words}".rstrip()
        )


def _facts(view: progress.View) -> list[tuple[str, str]]:
    """What there is to tell beside state and losses: what was asked for, and what else decides its
    bits."""
    spec = dict(view["spec"])
    asked = {"name": spec.pop("name"), **_under("update", spec.pop("update")), **spec}
    from_, sweep = view["forked_from"] or {}, view["sweep"] or {}
    made = {"forked from": from_.get("id"), "sweep": sweep.get("id"), "worker": view["worker"]}
    facts = {**asked, **made, **_under("environment", view["environment"] or {})}
    return [(name, _word(value)) for name, value in facts.items() if value not in (None, [])]


def _under(name: str, values: progress.View) -> progress.View:
    return {f"{name}.{inner}": value for inner, value in values.items()}


def _word(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S}"
