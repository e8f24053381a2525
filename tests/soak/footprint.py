"""What a process has of the machine, and how much more it may have later."""

from dataclasses import dataclass

import psutil

MORE_MIB = 48.0
"""Pieces of memory that lie between what is in use are not given back; how many, chance decides."""

MORE_FILES = 4
"""Connections that are about to end, and those to the store."""

MORE_THREADS = 4
"""Threads come as they are needed, and as many as there are cores and four more of them stay."""


@dataclass(frozen=True)
class Footprint:
    """What a process has of the machine."""

    rss_mib: float
    files: int
    threads: int

    @classmethod
    def of(cls, process: psutil.Process) -> "Footprint":
        rss = process.memory_info().rss
        return cls(rss / 2**20, process.num_fds(), process.num_threads())

    def exceeds(self, other: "Footprint") -> bool:
        """Whether it is more than `other`, by more than may be."""
        return (
            self.rss_mib > other.rss_mib + MORE_MIB
            or self.files > other.files + MORE_FILES
            or self.threads > other.threads + MORE_THREADS
        )

    def __str__(self) -> str:
        return f"{self.rss_mib:.0f} MiB, {self.files} files, {self.threads} threads"
