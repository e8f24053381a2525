"""What is asked of a server and how it is tried again, without any I/O: two thin rims do that.

A `Plan` is a generator that yields requests and waits, is sent what came of them, and returns what
they were for. So a call, and what takes several, is written once for both rims.
"""

import json
import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np

from ..numbers import tell_within
from .errors import BadAnswer, NotConnected, TimedOut, problem

T = TypeVar("T")

FIRST_WAIT_S = 0.2
"""Before what failed is tried again; each time twice as long."""

LONGEST_WAIT_S = 5.0

LONGEST_RETRY_AFTER_S = 60.0
"""A server that asks for more patience than that is not waited for."""

DONE = frozenset(range(200, 300))

BUSY = HTTPStatus.TOO_MANY_REQUESTS
UNAVAILABLE = (
    HTTPStatus.BAD_GATEWAY,  # as proxies say of a server that is being restarted
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)

Value = str | int | float | bool | None
"""Of a query: None is left out."""


@dataclass(frozen=True)
class Request:
    """One request of HTTP."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    source: Path | None = None
    """A file that is the body."""
    target: Path | None = None
    """A file that is made of the body of an answer that it was done."""
    repeats: bool = False
    """Whether it may be sent again where nobody knows if it has arrived."""
    waits: bool = True
    """Whether a server that is unavailable is a reason to ask again, not the answer."""
    patient: "Deadline | None" = None
    """Until when a server that has gone away is looked for, as long as a stream would; None where it
    is not."""


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes = b""

    @property
    def json(self) -> Any:
        """Raises BadAnswer where it is something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise BadAnswer(f"expected JSON from the server; got {self.body[:80]!r}") from None


@dataclass(frozen=True)
class Lost:
    """There was no answer."""

    why: str
    arrived: bool
    """Whether the request may have arrived."""
    late: bool = False
    """Whether the answer did not come in time."""


@dataclass(frozen=True)
class Wait:
    """Nothing is to be done for so many seconds."""

    seconds: float


Plan = Generator[Request | Wait, Any, T]
"""It is sent an Answer for each request, and None for a wait."""


class Deadline:
    """What is left of a time for several waits."""

    def __init__(self, timeout: float | None) -> None:
        """None for ever."""
        self._end = float("inf") if timeout is None else time.monotonic() + timeout

    @property
    def seconds(self) -> float:
        """Infinite for ever."""
        return max(0.0, self._end - time.monotonic())


class Patience:
    """How long a server is looked for that was there before."""

    def __init__(self, seconds: float | None) -> None:
        """None for ever."""
        self._all = float("inf") if seconds is None else seconds
        self.connected()

    def connected(self) -> None:
        """It is there again."""
        self._left, self._wait_s = self._all, FIRST_WAIT_S

    def next(self) -> float | None:
        """How long to wait before it is looked for again, in seconds; None where it is given up."""
        if self._left <= 0:
            return None
        wait_s = min(jittered(self._wait_s), self._left)
        self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
        self._left -= wait_s
        return wait_s


class Tries:
    """How often a request is sent, and when."""

    def __init__(self, request: Request, url: str, retries: int, patience: float | None) -> None:
        """`patience` in seconds is that of a patient request."""
        self._request = request
        self._url = url
        self._left = float("inf") if request.patient else retries
        self._patience = Patience(patience if request.patient else None)
        self._arrived = False
        """Whether one of those before may have."""

    def take(self, reply: Answer | Lost) -> Answer | Wait:
        """The answer that counts, or how long to wait before the request is sent again.

        Raises NotConnected or TimedOut where there is none and no try is left.
        """
        if isinstance(reply, Lost):
            again = self._next(0.0) if self._may_repeat(reply) else None
            self._arrived |= reply.arrived
            if again is None:
                raise self._loss(reply)
            return again
        if self._arrived and self._is_deleted(reply):
            return Answer(HTTPStatus.NO_CONTENT, {})
        asked = self._asked_to_wait(reply)
        return (self._next(asked) if asked is not None else None) or reply

    def _may_repeat(self, lost: Lost) -> bool:
        if lost.late:
            return self._request.patient is not None
        return self._request.repeats or not lost.arrived

    def _is_deleted(self, reply: Answer) -> bool:
        """Whether a deletion, the answer to which was lost, has been done."""
        return self._request.method == "DELETE" and reply.status == HTTPStatus.NOT_FOUND

    def _asked_to_wait(self, reply: Answer) -> float | None:
        """For how many seconds the server asks, at least; None where the reply is its answer."""
        repeats = self._request.repeats and self._request.waits
        if reply.status == BUSY or (reply.status in UNAVAILABLE and repeats):
            return retry_after(reply)
        return None

    def _next(self, at_least_s: float) -> Wait | None:
        """None where it is given up."""
        if self._left < 1 or (wait_s := self._patience.next()) is None:
            return None
        left_s = self._request.patient.seconds if self._request.patient else float("inf")
        if left_s <= 0:
            return None
        self._left -= 1
        return Wait(min(left_s, max(at_least_s, wait_s)))

    def _loss(self, lost: Lost) -> NotConnected | TimedOut:
        if self._request.patient and self._request.patient.seconds <= 0:
            return TimedOut(f"waited in vain: nobody answers at {self._url} ({lost.why})")
        if lost.late:
            advice = "Client(timeout=...) gives it longer"
            return TimedOut(f"no answer from {self._url} in time; {advice}")
        return not_connected(self._url, lost.why)


def jittered(seconds: float) -> float:
    """About so many, so that clients that were thrown out together do not come back together."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


def retry_after(answer: Answer) -> float | None:
    """The seconds of the header Retry-After; 0 where there is none, None where it is too long to
    wait, or a date, which reluscope does not send."""
    told = answer.headers.get("retry-after", "0").strip()
    seconds = float(told) if told.isdecimal() else None
    return seconds if seconds is not None and seconds <= LONGEST_RETRY_AFTER_S else None


def not_connected(url: str, why: str) -> NotConnected:
    """That nobody answers, and what to do about it."""
    return NotConnected(
        f"nobody answers at {url} ({why}). Is the server running? `reluscope` starts one here; "
        "Client(url=...) or RELUSCOPE_URL names another"
    )


def ask(request: Request, read: Callable[[Answer], T]) -> Plan[T]:
    """Send one request; what `read` makes of its answer.

    Raises the ProblemError that the server answers with.
    """
    answer: Answer = yield request
    if answer.status not in DONE:
        raise refusal(answer)
    return read(answer)


def refusal(answer: Answer) -> Exception:
    """What an answer that something was not done is told by."""
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    document = answer.json if media_type.endswith("json") else None
    if not isinstance(document, dict):
        kind = media_type or "of no type"
        return BadAnswer(f"what answers is no reluscope: HTTP {answer.status}, {kind}")
    return problem(answer.status, document)


def path(*parts: str) -> str:
    """The path of a resource under /api, each part quoted."""
    return "/".join(("/api", *(quote(part, safe="") for part in parts)))


def query(**values: Value | Sequence[str]) -> tuple[tuple[str, str], ...]:
    """A query as pairs; a sequence gives one for each of its words."""
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, str) or not isinstance(value, Sequence):
            several: Sequence[Value] = [] if value is None else [value]
        else:
            several = value
        pairs += [
            (name, str(each).lower() if isinstance(each, bool) else str(each)) for each in several
        ]
    return tuple(pairs)


def as_json(value: object) -> bytes:
    """A body in JSON: NumPy's numbers and arrays as they are, NaN and infinities by name."""
    return json.dumps(tell_within(_plain(value)), allow_nan=False).encode()


JSON = {"Content-Type": "application/json"}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple | range | set | frozenset):
        return [_plain(inner) for inner in value]
    return value
