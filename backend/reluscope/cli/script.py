"""`reluscope script`: a run as one plain PyTorch script."""

import json as js
from typing import TYPE_CHECKING

from .remote import Id, asks_server, find
from .shared import AsJson

if TYPE_CHECKING:
    from ..client import Client


@asks_server
def command(client: "Client", run: Id, *, json: AsJson = False) -> None:
    """Print a run as one plain PyTorch script, which prints the same losses."""
    found = find(client, run)
    if json:
        print(js.dumps({"id": found.id, "script": found.script()}))
    else:
        print(found.script(), end="")
