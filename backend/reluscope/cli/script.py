"""`reluscope script`: a run as one plain PyTorch script."""

from typing import TYPE_CHECKING

from .remote import Id, asks_server, find

if TYPE_CHECKING:
    from ..client import Client


@asks_server
def command(client: "Client", run: Id) -> None:
    """Print a run as one plain PyTorch script, which prints the same losses."""
    print(find(client, run).script(), end="")
