"""Waiting for what is about to happen, instead of sleeping and hoping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE_S = 30.0
"""Far beyond what anything here takes, so that a busy machine does not decide a test."""


def eventually(
    look: Callable[[], T | None], what: str = "", *, deadline_s: float = DEADLINE_S
) -> T:
    """The first true value that `look` gives; an AssertionError where none comes in time."""
    end = time.monotonic() + deadline_s
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s} s in vain for {what or look}; got {value!r}")
        time.sleep(0.005)
