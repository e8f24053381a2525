"""The JSON messages of the live socket: what a client may send, and what it is answered."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ...errors import FieldError, InvalidFields
from ...numbers import WHOLE
from ...training.diagnostics import CHANNELS
from ...training.spec import one_of
from ..fields import Places
from ..problems import UNREADABLE, describe, told

MAX_MESSAGE_BYTES = 64 * 1024
"""Of what a client sends: a watch list of 1,000 runs takes 50 KiB. More ends the socket."""

MAX_WATCHED = 1000
"""Runs that one socket may watch."""


NUMBERS = {channel.name: channel.number for channel in CHANNELS}
"""Of each channel, by its name."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


SweepIds = Annotated[list[str], Field(max_length=MAX_WATCHED)]


class _OfRuns(_Message):
    model_config = ConfigDict(
        # Not at the top, where it would stand for a choice of models.
        json_schema_extra={"allOf": [{"anyOf": [{"required": [n]} for n in ("runs", "sweeps")]}]}
    )

    @model_validator(mode="before")
    @classmethod
    def _names_some(cls, given: object) -> object:
        if isinstance(given, dict) and not {"runs", "sweeps"} & given.keys():
            lacking: Any = {"type": "missing", "loc": ("runs",), "input": given}
            raise ValidationError.from_exception_data(cls.__name__, [lacking])
        return given


class Watch(_OfRuns):
    """Send the losses of these runs, each from the given iteration on, and with them what these
    channels have of the same iterations; and so of all runs that these sweeps have now, from the
    start on where nothing else is given of one. `runs` or `sweeps` must be there."""

    type: Literal["watch"]
    runs: Annotated[
        dict[str, Annotated[int, Field(ge=0, le=2**53), WHOLE]], Field(max_length=MAX_WATCHED)
    ] = {}
    sweeps: SweepIds = []
    channels: list[Annotated[str, *one_of(NUMBERS)]] = list(NUMBERS)


class Unwatch(_OfRuns):
    """Send no more losses of these runs, nor of those that these sweeps have now."""

    type: Literal["unwatch"]
    runs: list[str] = []
    sweeps: SweepIds = []


class Ping(_Message):
    """Answered with a pong that bears `t` and the server's time."""

    type: Literal["ping"]
    t: Annotated[float, Field(allow_inf_nan=False)]


Code = Annotated[str, Field(min_length=4, max_length=32, pattern=r"^[a-z0-9-]+$")]
"""Under which something is presented; whoever knows it may follow."""

Key = Annotated[str, Field(min_length=16, max_length=64, pattern=r"^[!-~]+$")]
"""What a presenter proves to be the same by: printable ASCII, which nobody else is ever told."""


class Present(_Message):
    """Show this view to all who follow the code; null: show nothing more."""

    type: Literal["present"]
    id: Code
    key: Key
    view: dict[str, Any] | None


class Follow(_Message):
    """Tell what is shown under this code, now and whenever that changes; null: no more."""

    type: Literal["follow"]
    id: Code | None


Incoming = Watch | Unwatch | Ping | Present | Follow
_ADAPTER: TypeAdapter[Incoming] = TypeAdapter(Annotated[Incoming, Field(discriminator="type")])
_SCHEMA = _ADAPTER.json_schema()
_PLACES = Places(_SCHEMA, _SCHEMA)


def parse(text: str | None) -> Incoming:
    """What a client has sent; None for a binary message.

    Raises InvalidFields where it is none of the messages above.
    """
    if text is None:
        raise InvalidFields([FieldError("", "expected JSON text, got a binary message")])
    try:
        return _ADAPTER.validate_python(json.loads(text))
    except json.JSONDecodeError as error:
        raise InvalidFields([FieldError("", f"not JSON: {error}")]) from None
    except ValidationError as error:
        raise InvalidFields(_PLACES.errors(error.errors())) from None
    except (ValueError, RecursionError):
        raise InvalidFields([FieldError("", UNREADABLE)]) from None


def refusal(error: InvalidFields) -> dict[str, Any]:
    """The answer to a message that cannot be followed."""
    errors = [describe(each) for each in error.errors]
    limit = {} if error.limit is None else {"limit": told(error.limit)}
    return {"type": "error", "detail": str(error), "errors": errors, **limit}
