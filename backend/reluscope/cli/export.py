"""`reluscope export`: runs whole, or the losses of one, as a file."""

import json as js
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import losses
from .remote import Ids, OfSweep, asks_server, find_all, told
from .shared import AsJson, fail

if TYPE_CHECKING:
    from ..client import Client

ARCHIVE = ".zip"


@asks_server
def command(
    client: "Client",
    runs: Ids = None,
    *,
    sweep: OfSweep = None,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="A .zip for runs whole, which another server can take in; or a .csv, .npy or "
            ".parquet for the losses of one.",
        ),
    ],
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="The .zip as TensorBoard reads it, unpacked.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Write runs, or the losses of one, into a file."""
    losses.check(out, ARCHIVE)
    found = find_all(client, runs, sweep)
    if out.suffix == ARCHIVE:
        try:
            client.export(found, out, format="tensorboard" if tensorboard else "archive")
        except OSError as error:
            fail(f"--out {out}: {error.strerror}")
    elif len(found) > 1 or tensorboard:
        fail(f"--out {out}: expected a name that ends in {ARCHIVE} for more than losses of one run")
    else:
        losses.write(out, told(found[0].view), found[0].losses())
    if json:
        size = out.stat().st_size
        print(js.dumps({"file": str(out), "bytes": size, "runs": [run.id for run in found]}))
