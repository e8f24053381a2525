"""Finding: one thing that the doctor has looked at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "problem"]

SCARCE_BYTES = 2**30
"""Less free than that, of memory or disk, is told as a warning."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    told: str
    advice: str | None = None
    """What to do, where something is to be done."""


Findings = Iterator[Finding]


def size(count: int) -> str:
    """Bytes as people read them."""
    size = float(count)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:  # noqa: PLR2004 - of the units
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
