"""Folder: the data folder, which one server at a time may use."""

import contextlib
import json
import os
from pathlib import Path

import filelock

from ...errors import StoreInUse, StoreUnavailable
from .database import identity

FILE = "reluscope.db"
LOCK = "lock"
HOLDER = "server.json"
"""What it holds."""


class Folder:
    """The store's, whichever of its threads asks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Not of one thread: it is let go by another than took it.
        self._lock = filelock.FileLock(
            path / LOCK, timeout=0, is_singleton=False, thread_local=False
        )
        self._locked: tuple[int, int] | None = None

    def take(self) -> bool:
        """Have it, made where there is none; whether it was not had before, or not any more.

        Raises StoreInUse where another server has it, StoreUnavailable where it cannot be made, and
        OSError where it cannot be written.
        """
        try:
            self._path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = "something else has its name"
            if not isinstance(error, FileExistsError):
                why = error.strerror or str(error)
            raise StoreUnavailable(f"the data folder {self._path} cannot be made: {why}") from error
        if self._lock.is_locked:
            if identity(self._path / LOCK) == self._locked:
                return False
            self._lock.release(force=True)  # of a file that was deleted: it keeps nobody out
        try:
            self._lock.acquire()
        except filelock.Timeout:
            raise StoreInUse(f"the data folder {self._path}", self._holder()) from None
        self._locked = identity(self._path / LOCK)
        return True

    def look(self) -> None:
        """Whether it could be had; it is had for a moment where somebody has had it before.

        Raises StoreInUse where another server has it, and OSError where it cannot be written.
        """
        if (self._path / LOCK).exists():
            self.take()
            self._lock.release(force=True)

    def announce(self, address: str) -> None:
        """Tell others who come for it where its server is. Raises OSError."""
        told = json.dumps({"address": address, "process": os.getpid()})
        (self._path / HOLDER).write_text(told)

    def release(self) -> None:
        """Let others have it."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):  # as where it can only be read
                (self._path / HOLDER).unlink()
            self._lock.release(force=True)

    def _holder(self) -> str | None:
        """What the server that has it says of itself."""
        try:
            told = json.loads((self._path / HOLDER).read_text())
            return f"the server at {told['address']} (process {told['process']})"
        except (OSError, ValueError, KeyError, TypeError):
            return None
