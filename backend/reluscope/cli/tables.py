"""Tables: in a terminal as wide as it is, elsewhere whole and with tabs, as other programs take them."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        for row in (columns, *rows):
            print("\t".join(_word(each) for each in row))
        return
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _word(text: str) -> str:
    """In one field of a line."""
    return " ".join(text.split())
