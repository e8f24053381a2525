"""What can go wrong with a server that is asked by a client, as one small hierarchy."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ..errors import ReluscopeError

KIND = "urn:reluscope:problem:"
"""How the type of a problem document of reluscope begins."""


class ClientError(ReluscopeError):
    """The root of all that the client raises."""


class NotConnected(ClientError):
    """Nobody answers at the server's address, or the connection was lost again and again."""


class TimedOut(ClientError, TimeoutError):
    """What was waited for has not come in time. What had been asked for may still be done."""


class BadAnswer(ClientError):
    """What answers is no reluscope, or one that speaks otherwise."""


class Gone(ClientError):
    """A run that was watched has been deleted, or was never there."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"there is no run {run_id} (any more)")
        self.run_id = run_id


class Rewound(ClientError):
    """A run did not come to where it was asked for, and will not; or after a crash of the server another
    curve was made of it than was seen. Of its losses only those before `iteration` are true. Stream on
    from there."""

    def __init__(self, run_id: str, iteration: int) -> None:
        super().__init__(
            f"of the losses of run {run_id} only those before iteration {iteration} are true: it ended "
            f"there, or has another curve since its server crashed; stream(start={iteration}) goes on"
        )
        self.run_id = run_id
        self.iteration = iteration


class RunFailed(ClientError):
    """A run that was waited for has ended, and not well. `status` says how, `reason` why."""

    def __init__(self, run_id: str, status: str, reason: str | None) -> None:
        super().__init__(f"run {run_id} has {status}" + (f": {reason}" if reason else ""))
        self.run_id = run_id
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class FieldProblem:
    """One wrong field of what was asked."""

    field: str
    """Where it stands: `update.lr`."""
    message: str
    given: Any = None
    """What was given, shortened where it is long; None where nothing was."""
    allowed: Any = None
    """The values that may come as a list, or their type and bounds in the words of JSON Schema."""


class ProblemError(ClientError):
    """The server refuses, by a problem document (RFC 9457)."""

    statuses: ClassVar[tuple[int, ...]] = ()
    """Of the HTTP statuses that are told by this class."""

    def __init__(
        self,
        *,
        status: int,
        type: str,
        title: str,
        detail: str,
        errors: tuple[FieldProblem, ...] = (),
        limit: dict[str, Any] | None = None,
        instance: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        """Of HTTP."""
        self.type = type
        """`urn:reluscope:problem:<kind>`; stable, to be asked for by programs."""
        self.title = title
        self.detail = detail
        self.errors = errors
        """One for each wrong field."""
        self.limit = limit
        """Of a refusal because of a limit: its `name` in the catalog, and its `maximum`."""
        self.instance = instance
        """The request in the server's log: `urn:reluscope:request:<id>`."""

    @property
    def kind(self) -> str:
        """The last word of `type`."""
        return self.type.removeprefix(KIND)

    @property
    def fields(self) -> dict[str, str]:
        """What is wrong, by field."""
        return {error.field: error.message for error in self.errors}


class InvalidRequest(ProblemError):
    """Something in what was asked is wrong; `errors` has each field."""

    statuses = (400, 406, 413, 415, 422)


class NotAllowed(ProblemError):
    """The token is missing or wrong, or may only look; or the server is asked by a name that it does
    not know."""

    statuses = (401, 403, 421)


class NotFound(ProblemError):
    """There is no such run, sweep or name; or not any more."""

    statuses = (404, 410)


class Conflict(ProblemError):
    """The state of the run, or what else is there now, does not allow this."""

    statuses = (409,)


class TooManyRequests(ProblemError):
    """More was asked than the server allows in that time, and waiting did not help."""

    statuses = (429,)


class ServerTrouble(ProblemError):
    """The server cannot: its store does not answer, what it has is damaged, or something is not
    installed there."""

    statuses = tuple(range(500, 600))


def problem(status: int, document: dict[str, Any]) -> ProblemError:
    """The exception that tells a problem document."""
    found = (kind for kind in ProblemError.__subclasses__() if status in kind.statuses)
    detail = str(document.get("detail") or document.get("title") or f"HTTP {status}")
    return next(found, ProblemError)(
        status=status,
        type=str(document.get("type", "about:blank")),
        title=str(document.get("title", "")),
        detail=detail,
        errors=tuple(
            FieldProblem(
                str(error.get("field", "")),
                str(error.get("message", "")),
                error.get("given"),
                error.get("allowed"),
            )
            for error in document.get("errors") or ()
        ),
        limit=document.get("limit"),
        instance=document.get("instance"),
    )
