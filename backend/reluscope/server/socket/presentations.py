"""Presentations: what a page shows, as others follow it, newest only. Pure; no socket, no clock.

A presentation has a code, which its followers know, and a key, which its presenter alone knows.
Every socket has a `Seat`, which remembers what it follows, what it presents and how much of that it
has been told: a cursor, so that whoever is slow skips what was shown meanwhile and holds nobody back.
"""

import hmac
import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import FieldError, InvalidFields
from ..problems import UNREADABLE
from .frames import compact

MAX_VIEW_BYTES = 16 * 1024
"""Of one view, as compact JSON in ASCII. A view with 64 runs named takes 3 KiB."""

MAX_IDLE = 1000
"""Presentations that are kept though nobody presents or follows them at the moment; the one that has
been so for longest goes first. Of others there are no more than sockets."""

COUNT_S = 0.5
"""Between two messages that tell nothing new but how many follow."""


@dataclass(eq=False)
class _Presentation:
    """One code: what is shown under it, and to whom."""

    code: str
    key: bytes | None = None
    """Whoever has it may present here; None until somebody has presented."""
    view: str = "null"
    """As JSON."""
    presenter: "Seat | None" = None
    followers: "set[Seat]" = field(default_factory=set)
    revision: int = 0
    """Of what has been published."""
    published_at: float = -math.inf
    message: str | None = None
    """What followers are told, once for all of them; None where it must be written anew."""
    is_urgent: bool = False
    """Whether more has changed than how many follow."""

    def told(self) -> str:
        """The message for followers."""
        if self.message is None:
            live, followers = self.presenter is not None, len(self.followers)
            about = {"type": "view", "id": self.code, "live": live, "followers": followers}
            self.message = f'{compact(about)[:-1]},"view":{self.view}}}'
        return self.message


class Presentations:
    """All presentations. For one thread: the event loop's."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called where there is something to publish."""
        self._wake = wake
        self._used: dict[str, _Presentation] = {}
        self._idle: OrderedDict[str, _Presentation] = OrderedDict()
        self._changed: set[_Presentation] = set()

    def __len__(self) -> int:
        return len(self._used) + len(self._idle)

    @property
    def is_pending(self) -> bool:
        """Whether there is something to publish."""
        return bool(self._changed)

    def seat(self, wake: Callable[[], None]) -> "Seat":
        """For one socket; `wake` is called where it has something due."""
        return Seat(self, wake)

    def publish(self, now: float) -> None:
        """Have everyone told what has changed up to `now`, in seconds of a clock that never goes
        back. How often this is called is how often anybody is told anything."""
        for shown in list(self._changed):
            if not shown.is_urgent and now - shown.published_at < COUNT_S:
                continue
            self._changed.discard(shown)
            shown.revision += 1
            shown.published_at = now
            shown.message = None
            shown.is_urgent = False
            for seat in shown.followers | {shown.presenter}:
                if seat is not None:
                    seat.wake()

    def take(self, code: str) -> _Presentation:
        """The presentation of a code, for a seat that is to use it."""
        shown = self._used.get(code) or self._idle.pop(code, None) or _Presentation(code)
        return self._used.setdefault(code, shown)

    def release(self, shown: _Presentation) -> None:
        """A seat uses it no more. One that nobody ever presented is forgotten with its last."""
        if shown.presenter or shown.followers:
            return
        del self._used[shown.code]
        self._changed.discard(shown)
        if shown.key is not None:
            self._idle[shown.code] = shown
        if len(self._idle) > MAX_IDLE:
            self._idle.popitem(last=False)

    def change(self, shown: _Presentation, *, urgent: bool) -> None:
        """Something is to be published of it; `urgent` where that is more than a count."""
        shown.is_urgent |= urgent
        self._changed.add(shown)
        self._wake()


class Seat:
    """One socket's part: it may follow one presentation, and present one."""

    def __init__(self, presentations: Presentations, wake: Callable[[], None]) -> None:
        self._all = presentations
        self.wake = wake
        self._followed: _Presentation | None = None
        self._seen = -1
        """The revision of it that this socket was told."""
        self._last: str | None = None
        """And in which words."""
        self._presented: _Presentation | None = None
        self._owed: _Presentation | None = None
        """The one of which its presenter is due an answer."""
        self._heard = -1
        """The revision at which the presenter was last told how many follow."""
        self._counted = -1

    def present(self, code: str, key: str, view: Mapping[str, Any] | None) -> None:
        """Show `view` under `code` from now on; None ends that, and followers keep what they see.
        A seat that presented another code leaves that.

        Raises InvalidFields where the code has another key, and where the view is too large or
        cannot be told as JSON.
        """
        text = None if view is None else _written(view)
        shown = self._all.take(code)
        if shown.key is not None and not hmac.compare_digest(shown.key, key.encode()):
            self._all.release(shown)
            raise InvalidFields([FieldError("id", "somebody else presents under it", code)])
        if self._presented is not shown:
            self._leave()
        self._owed = shown
        if text is None:
            self._presented = None
            self._end(shown)
        else:
            self._presented = shown
            shown.key, shown.view, shown.presenter = key.encode(), text, self
            self._all.change(shown, urgent=True)

    def _leave(self) -> None:
        """Present no more, unless another socket has taken that up."""
        if self._presented is not None and self._presented.presenter is self:
            self._end(self._presented)
        self._presented = None

    def _end(self, shown: _Presentation) -> None:
        if shown.presenter is not None:
            shown.presenter = None
            self._all.change(shown, urgent=True)
        self._all.release(shown)

    def follow(self, code: str | None) -> None:
        """Be told what is shown under `code` from now on, whether or not anything is yet; None ends
        that."""
        if self._followed is not None:
            self._followed.followers.discard(self)
            self._all.change(self._followed, urgent=False)
            self._all.release(self._followed)
        self._followed = None if code is None else self._all.take(code)
        if self._followed is not None:
            self._followed.followers.add(self)
            self._followed.message = None
            self._all.change(self._followed, urgent=False)
        self._seen, self._last = -1, None

    def due(self) -> list[str]:
        """The messages that this socket is to be sent now."""
        return [message for message in (self._to_follower(), self._to_presenter()) if message]

    def _to_follower(self) -> str | None:
        followed = self._followed
        if followed is None or self._seen == followed.revision:
            return None
        self._seen = followed.revision
        before, self._last = self._last, followed.told()
        return self._last if self._last != before else None

    def _to_presenter(self) -> str | None:
        shown = self._owed or self._presented
        if shown is None:
            return None
        count = len(shown.followers)
        is_news = self._heard != shown.revision and self._counted != count
        self._heard = shown.revision
        if not is_news and self._owed is None:
            return None
        self._owed, self._counted = None, count
        return compact({"type": "presenting", "id": shown.code, "followers": count})

    def close(self) -> None:
        """The socket is gone."""
        self.follow(None)
        self._leave()


def _written(view: Mapping[str, Any]) -> str:
    try:
        text = compact(view)
    except (ValueError, RecursionError):  # NaN is no JSON, though it is read as if it were
        raise InvalidFields([FieldError("view", UNREADABLE)]) from None
    if len(text) > MAX_VIEW_BYTES:
        problem = f"at most {MAX_VIEW_BYTES} bytes of JSON in ASCII"
        raise InvalidFields([FieldError("view", problem, len(text))])
    return text
