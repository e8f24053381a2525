"""Keep: how many runs, or how many bytes of them, are kept before the oldest make room."""

from collections.abc import Collection
from dataclasses import dataclass

from .run import Run


@dataclass(frozen=True)
class Keep:
    """A limit by count or by size; None for none."""

    count: int | None = None
    size_bytes: int | None = None

    def excess(self, runs: Collection[Run]) -> list[Run]:
        """The runs that must go: the oldest of those that have ended and are not pinned."""
        count = 0 if self.count is None else len(runs) - self.count
        size = 0
        if self.size_bytes is not None:
            size = sum(run.stored_bytes for run in runs) - self.size_bytes
        found: list[Run] = []
        if count <= 0 and size <= 0:
            return found
        for run in sorted(runs, key=lambda run: run.number):
            if count <= 0 and size <= 0:
                break
            if run.ended and not run.pinned:
                found.append(run)
                count -= 1
                size -= run.stored_bytes
        return found
