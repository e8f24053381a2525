"""CutOff: what is known of a run that a crash cut off, of which more was shown than was stored."""

import math

from .trace import Trace

LOST_S = 5.0
LOST = 10_000
"""What a crash may take of a run at most that was shown before it was stored: what it trained in so
many seconds, or, where that is not known, so many iterations."""


class CutOff:
    """Iterations after those that were stored may have been seen. They come again as they were, so
    nobody need know; but a change, or an end, that comes before them makes another curve."""

    def __init__(self, trace: Trace) -> None:
        """`trace`: what was stored."""
        self.lost_to = len(trace) + _lost(trace)
        """How far it may have been."""
        self.seen_to = 0
        """How far it was seen, by those who have come back."""
        self.changed_at: int | None = None
        """Where it was changed since, if that is before `lost_to`: who had seen more, and had not come
        back, has seen what is no part of it any more."""

    def change(self, iteration: int) -> None:
        """Its hyperparameters are others from that iteration on."""
        if iteration < self.lost_to and self.changed_at is None:
            self.changed_at = iteration

    def see(self, cursor: int) -> int:
        """Somebody has seen all iterations before that one, if it can be. Gives how many of them are
        still true."""
        if cursor > self.lost_to:
            return cursor
        if self.changed_at is not None and cursor > self.changed_at:
            return self.changed_at
        self.seen_to = max(self.seen_to, cursor)
        return cursor


def _lost(trace: Trace) -> int:
    """How many iterations more than those that were stored there may have been at most."""
    marks = trace.marks()
    if not len(marks):
        return LOST
    newest, at = marks[-1]
    lately = marks[marks[:, 1] >= at - LOST_S]
    return max(LOST, math.ceil(float(newest - lately[0, 0])))
