"""The states of a run, and the moves from state to state."""

from typing import Literal

Status = Literal[
    "queued", "running", "paused", "finished", "stopped", "diverged", "failed", "interrupted"
]

MOVES: dict[Status, tuple[Status, ...]] = {
    "queued": ("running", "paused", "stopped", "failed", "interrupted"),
    "running": ("paused", "finished", "stopped", "diverged", "failed", "interrupted"),
    "paused": ("queued", "running", "stopped"),
    "interrupted": ("queued", "stopped"),
    "finished": (),
    "stopped": (),
    "diverged": (),
    "failed": (),
}
"""From each state the states that may follow. A run is interrupted where its server ends before it
does, and goes on when a server is there again."""

IN_ROUND: tuple[Status, ...] = ("queued", "running")
"""The states in which a run is given turns."""

LIVE: tuple[Status, ...] = (*IN_ROUND, "paused")
"""The states in which a run holds what it needs for its next turn."""

Outcome = tuple[Status, str | None]
"""A state to go to, and the reason where that needs a word."""
