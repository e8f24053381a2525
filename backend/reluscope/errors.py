"""Everything that a person can get wrong here, as one small hierarchy.

Raised anywhere, turned into `application/problem+json` in `server/problems.py` alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

Limit = tuple[str, int]
"""A limit by its name in the catalog, and how much it allows."""


class ReluscopeError(Exception):
    """The root: something that was asked for cannot be done, and the message says why."""


NOTHING: Final = object()
"""Stands for what was given where nothing was: null is something."""


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: where it stands, what came, what may come."""

    field: str
    message: str
    given: object = NOTHING
    allowed: object = None
    """The values that may come as a list, or their types and bounds in the words of JSON Schema."""
    limit: Limit | None = None
    """Where that is what it exceeds."""

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class InvalidFields(ReluscopeError):
    """One or more fields of a request are wrong."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = tuple(errors)
        self.limit = next((error.limit for error in errors if error.limit), None)
        """The first limit that does not allow it, if one does not."""


class UnknownRun(ReluscopeError):
    """No run has this id."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"there is no run {run_id[:80]!r}")


class UnknownSweep(ReluscopeError):
    """No run bears the id of this sweep."""

    def __init__(self, sweep_id: str) -> None:
        super().__init__(f"there is no sweep {sweep_id[:80]!r}")


class UnknownName(ReluscopeError):
    """Nothing of its kind is registered under this name."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        """`kind` as people call it: ReLU, rule."""
        super().__init__(f"there is no {kind} {name[:80]!r}; known are {', '.join(known)}")


_ASKED: Final = {
    "queued": "resumed",
    "running": "resumed",
    "paused": "paused",
    "stopped": "stopped",
}
"""How one asks for a state; the others come by themselves."""


class ForbiddenMove(ReluscopeError):
    """A run was asked for something that its state does not allow."""

    def __init__(self, run_id: str, verb: str, status: str, allowed: Sequence[str]) -> None:
        words = dict.fromkeys(_ASKED[state] for state in allowed if state in _ASKED)
        may = f"; from there it may be {' or '.join(words)}" if allowed else ", which is an end"
        super().__init__(f"cannot {verb} run {run_id}: it is {status}{may}")
        self.status = status
        self.allowed = tuple(allowed)


class NoRoom(ReluscopeError):
    """The request is sound, but what is live now leaves no room for it."""

    def __init__(self, message: str, limit: Limit) -> None:
        super().__init__(message)
        self.limit = limit


class Busy(ReluscopeError):
    """So much is being done for others that there is no room for more; soon there will be."""

    def __init__(self, message: str, limit: Limit) -> None:
        super().__init__(message)
        self.limit = limit


class KeyReused(ReluscopeError):
    """An Idempotency-Key came back with another body."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used before with another body")


class KeySpent(ReluscopeError):
    """An Idempotency-Key came back after what it had made was deleted."""

    def __init__(self, made: str) -> None:
        """`made` is what people call it: run ..., sweep ..."""
        super().__init__(f"this Idempotency-Key made {made}, which has been deleted")


class NoSource(ReluscopeError):
    """A script cannot be written, since what it would have to hold cannot be read."""


class PluginError(ReluscopeError):
    """A ReLU or a rule of somebody's own cannot be loaded. It ends the command before anything is
    served, so no answer ever tells of it."""

    def __init__(self, reason: str, source: str | None = None, line: int | None = None) -> None:
        """`source` is the file, as far as it is known, and `line` the one in it."""
        place = [source] if source else []
        place += [f"line {line}"] if line else []
        super().__init__(": ".join(filter(None, (", ".join(place), reason))))
        self.reason = reason


class CannotListen(ReluscopeError):
    """The server cannot be where it was asked to be. It ends the command."""

    def __init__(self, option: str, reason: str) -> None:
        """`option` is the one that cannot be done, as in uds."""
        super().__init__(f"--{option}: {reason}")


class NotReady(ReluscopeError):
    """The server cannot do all it should, or will not for long."""


class StoreError(ReluscopeError):
    """What is kept of runs cannot be read or written."""


class StoreUnavailable(StoreError):
    """The store does not answer now; it is asked again."""


class StoreDamaged(StoreError):
    """What the store has of a run is not what was written there."""


class StoreInUse(StoreError):
    """Another server has the store."""

    def __init__(self, store: str, holder: str | None = None) -> None:
        """`store` is what it is called, `holder` what is known of that server."""
        super().__init__(f"{store} is in use by {holder or 'another server'}")


class StoreTooNew(StoreError):
    """The store was written by a later version."""

    def __init__(self, store: str, revision: str) -> None:
        super().__init__(
            f"{store} was written by a later version of reluscope (its schema is {revision[:80]}); "
            "install that version, or name another place by --data"
        )


class BadArchive(ReluscopeError):
    """A file that was to be imported does not hold runs, or not whole ones."""


class NotInstalled(ReluscopeError):
    """What was asked for needs a package that is not there."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs more: pip install 'reluscope[{extra}]'")
