"""The JSON messages of the live socket: what a client may send, and what it is answered."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ..errors import FieldError, InvalidFields
from .problems import describe, from_pydantic

MAX_WATCHED = 1000
"""Runs that one socket may watch."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Watch(_Message):
    """Send the losses of these runs, each from the given iteration on."""

    type: Literal["watch"]
    runs: Annotated[dict[str, Annotated[int, Field(ge=0, le=2**53)]], Field(max_length=MAX_WATCHED)]


class Unwatch(_Message):
    """Send no more losses of these runs."""

    type: Literal["unwatch"]
    runs: list[str]


class Ping(_Message):
    """Answered with a pong that bears `t` and the server's time."""

    type: Literal["ping"]
    t: Annotated[float, Field(allow_inf_nan=False)]


Incoming = Watch | Unwatch | Ping
_ADAPTER: TypeAdapter[Incoming] = TypeAdapter(Annotated[Incoming, Field(discriminator="type")])


def parse(text: str | None) -> Incoming:
    """What a client has sent; None for a binary message.

    Raises InvalidFields where it is none of the messages above.
    """
    if text is None:
        raise InvalidFields([FieldError("", "expected JSON text, got a binary message")])
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidFields([FieldError("", f"not JSON: {error}")]) from None
    if isinstance(given, dict):
        given = {"type": None, **given}  # so that a type left out is told the types, too
    try:
        return _ADAPTER.validate_python(given)
    except ValidationError as error:
        raise InvalidFields(from_pydantic(error.errors(), given)) from None


def refusal(error: InvalidFields) -> dict[str, Any]:
    """The answer to a message that cannot be followed."""
    errors = [describe(field).model_dump(exclude_none=True) for field in error.errors]
    return {"type": "error", "detail": str(error), "errors": errors}
