"""Tables: in a terminal as wide as it is, elsewhere whole and with tabs, as other programs take them."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..logs import printable
from .progress import ID_CHARACTERS

LONG = ("name", "reason", "rate")
"""Columns that give way where a terminal is narrow."""


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table."""
    console = Console(highlight=False, markup=False)
    words = [[_word(each) for each in row] for row in rows]
    if not console.is_terminal:
        for row in (columns, *words):
            print("\t".join(row))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=name not in LONG, min_width=ID_CHARACTERS * (name == "id"))
    for row in words:
        table.add_row(*(Text(each, no_wrap=True, overflow="ellipsis") for each in row))
    console.print(table)


def _word(text: str) -> str:
    """In one field of a line, and nothing that a terminal would obey: names come from elsewhere."""
    return printable(" ".join(text.split()))
