"""`reluscope compare`: where two runs part."""

import json as js
from dataclasses import asdict
from typing import TYPE_CHECKING

from .remote import Id, asks_server, find, plain
from .shared import NO, AsJson

if TYPE_CHECKING:
    from ..client import Client


@asks_server
def command(client: "Client", a: Id, b: Id, *, json: AsJson = False) -> None:
    """Tell where the losses of two runs part, by how much at most, and why.

    The exit status is 1 where they differ.
    """
    found = client.compare(find(client, a), find(client, b))
    if json:
        print(js.dumps(plain(asdict(found)), indent=2))
    elif found.equal:
        print(f"equal in all {found.compared} iterations that both have")
    else:
        print(f"they part at iteration {found.first_difference} of {found.compared}: {found.why}")
        for name in ("absolute", "relative", "ulp"):
            if largest := getattr(found, f"largest_{name}"):
                print(
                    f"largest {name:9} {largest.difference:.6g} at iteration {largest.iteration}: "
                    f"{largest.a:.9g} and {largest.b:.9g}"
                )
    if not found.equal:
        raise SystemExit(NO)
