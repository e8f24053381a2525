"""`reluscope doctor`: is everything here that the server needs?"""

import json as js
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from .shared import NO, AsJson, read_settings, takes_settings

STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


@takes_settings()
def command(given: dict[str, Any], *, json: AsJson = False) -> None:
    """Look whether all is here that a server needs.

    That is torch and its devices, memory, plug-ins, where runs are kept, where it listens, a browser
    and the clock, all by the options that it would be served with. Starts and changes nothing.

    The exit status is 1 where something is a problem.
    """
    from . import findings

    found = []
    console = Console(highlight=False, soft_wrap=True, markup=False)
    for each in findings.look(read_settings(given)):
        found.append(each)
        if not json:
            told = Text(f"{each.verdict:8}", STYLES[each.verdict])
            console.print(told, f"{each.name:14} {each.told}")
            if each.advice:
                console.print(f"{'':24}-> {each.advice}")
    if json:
        print(js.dumps([asdict(each) for each in found], indent=2))
    if any(each.verdict == "problem" for each in found):
        raise SystemExit(NO)
