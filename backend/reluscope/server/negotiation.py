"""Which of several media types a client would have, as RFC 9110 (12.5.1) has it."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

Name = TypeVar("Name", bound=str)

_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """Of the media types that are offered the one that `accept` prefers, the first of those that it
    holds equal; None where it takes none. A header that is empty takes everything.

    A range's own parameters are not looked at, and what is no range is passed over.
    """
    ranges = dict(filter(None, map(_range, accept.split(","))))
    if not accept.strip():
        return offered[0]
    qualities = [_quality(ranges, media_type) for media_type in offered]
    best = max(qualities)
    return offered[qualities.index(best)] if best > 0 else None


def accepted(request: Request, offered: Mapping[Name, str]) -> Name:
    """The name of the media type, of those that are offered, that a request would have.

    Raises HTTPException 406 where it takes none.
    """
    accept = ",".join(request.headers.getlist("accept"))
    media_type = preferred(accept, list(offered.values()))
    for name, known in offered.items():
        if known == media_type:
            return name
    raise HTTPException(406, f"offered here: {', '.join(offered.values())}")


def _range(text: str) -> tuple[str, float] | None:
    """A media range and its quality."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    if name.count("/") != 1:
        return None
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            quality = value.strip()
            return (name, float(quality)) if _QUALITY.fullmatch(quality) else None
    return name, 1.0


def _quality(ranges: dict[str, float], media_type: str) -> float:
    """That of the narrowest range that takes it."""
    kind = media_type.partition("/")[0]
    for name in (media_type, f"{kind}/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0
