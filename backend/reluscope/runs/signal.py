"""Signal: tells one listener which runs have changed since it last asked."""

import threading
from collections.abc import Callable


class Signal:
    """A set of changed run ids. `wake` is called on its edge from empty to not empty alone, so
    that a thousand turns before the listener's next look cost one wake-up."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called on the thread that marks, and must return at once."""
        self._wake = wake
        self._changed: set[str] = set()
        self._lock = threading.Lock()

    def mark(self, run_id: str) -> None:
        """Note that a run was made, has changed, or is gone."""
        with self._lock:
            edge = not self._changed
            self._changed.add(run_id)
        if edge:
            self._wake()

    def take(self) -> set[str]:
        """The runs marked since the last call."""
        with self._lock:
            changed, self._changed = self._changed, set()
        return changed
