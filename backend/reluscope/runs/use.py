"""Use: who reads the curve of a run, and until when it had better stay in memory."""

import time
from dataclasses import dataclass, field

STAYS_S = 1.0
"""How long a curve stays for whoever comes for it again and again."""


@dataclass
class Use:
    """Of one run's curve. Times are of the monotonic clock."""

    readers: int = 0
    """How many read it now. Under the book's lock."""
    last_at: float = field(default_factory=time.monotonic)
    """When somebody last asked for it."""
    expected_until: float = 0.0
    """Until then, somebody may come for it."""

    def note(self, *, again: bool = False) -> None:
        """Somebody asks for it, and may do so `again`."""
        self.last_at = time.monotonic()
        if again:
            self.expected_until = self.last_at + STAYS_S

    @property
    def is_over(self) -> bool:
        """Whether nobody reads it or is about to."""
        return not self.readers and self.expected_until <= time.monotonic()
