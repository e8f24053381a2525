"""The losses of a run as a file, of the format that its name ends in."""

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import NotInstalled
from .shared import fail

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS = (".csv", ".npy", ".parquet")


def check(out: Path, *more: str) -> None:
    """Whether it could be written, before anything is done for nothing; `more` are other endings
    that are allowed. Ends the command where it could not."""
    if out.suffix not in (*FORMATS, *more):
        fail(f"--out {out}: expected a name that ends in one of {', '.join((*FORMATS, *more))}")
    if not out.absolute().parent.is_dir():
        fail(f"--out {out}: there is no such folder")
    if out.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        fail(str(NotInstalled("Parquet", "parquet")))


def write(out: Path, run: Mapping[str, Any], losses: "NDArray[np.float64]") -> None:
    """Write all losses of a run, which is told as the API tells it. Ends the command where they
    cannot be written."""
    import numpy as np

    from ..numbers import in_pieces
    from ..server.columns import csv, write_parquet

    try:
        with out.open("wb") as file:
            if out.suffix == ".parquet":
                write_parquet(file, run["id"], json.dumps(run["spec"]), 0, losses)
            elif out.suffix == ".npy":
                np.save(file, losses, allow_pickle=False)
            else:
                file.writelines(piece.encode() for piece in csv(0, in_pieces(losses)))
    except OSError as error:
        fail(f"--out {out}: {error.strerror}")
