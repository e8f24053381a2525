"""The JSON messages that the live socket sends, as models: they describe, and tests hold them against
what is really sent. What is sent at the pace of training is written by hand elsewhere."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from ...numbers import Number
from ...runs.view import RunView
from ..problems import FieldProblem, LimitProblem, left_out


def _only_id(schema: dict[str, Any]) -> None:
    left_out(schema)
    schema["required"] = ["id"]


class RunNews(RunView):
    """A run that is new comes whole; of one that was told of, its id and what has changed."""

    model_config = ConfigDict(json_schema_extra=_only_id)


class Sent(BaseModel):
    """What the server sends."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, json_schema_extra=left_out
    )


class Runs(Sent):
    """Runs that are new or changed, at most five times a second."""

    type: Literal["runs"]
    runs: list[RunNews]
    complete: Literal[True] | SkipJsonSchema[None] = None
    """After connecting, with the message by which the list is whole."""


class Gone(Sent):
    """Runs that were deleted, or were never there."""

    type: Literal["gone"]
    ids: list[str]
    sweeps: list[str] | SkipJsonSchema[None] = None
    """Sweeps that were to be watched, and have no runs."""


class Rewind(Sent):
    """After a crash, or where a run ended before: of these runs, only what comes before the iteration
    is true of what you have; what follows it is sent."""

    type: Literal["rewind"]
    runs: dict[str, Annotated[int, Field(ge=0)]]


class Store(Sent):
    """Why runs cannot be stored at the moment; null once they can."""

    type: Literal["store"]
    problem: str | None


class Pong(Sent):
    """The answer to a ping."""

    type: Literal["pong"]
    t: float
    """As it came."""
    now: float
    """The server's time, in Unix seconds."""


class Error(Sent):
    """A message that cannot be followed. The socket goes on."""

    type: Literal["error"]
    detail: str
    errors: list[FieldProblem]
    limit: LimitProblem | SkipJsonSchema[None] = None
    """Where it is a limit that does not allow it."""


class Losses(Sent):
    """With `encoding=json`: losses of a run that is watched, of iterations `start, start + 1, ...`."""

    type: Literal["losses"]
    id: str
    start: Annotated[int, Field(ge=0)]
    losses: list[Number]
    produced_at: float
    """When the newest of them was, in Unix seconds."""


class Diagnostics(Sent):
    """With `encoding=json`: what one channel has of a run that is watched, just before the losses of
    the same iterations."""

    type: Literal["diagnostics"]
    id: str
    channel: str
    """Its name in the catalog."""
    iterations: list[int]
    values: list[Number]
    """One for each of `iterations`."""
    produced_at: float
    """When the newest of them was, in Unix seconds."""


class Presenting(Sent):
    """To a presenter: that the view is shown or is ended, and how many follow it."""

    type: Literal["presenting"]
    id: str
    followers: int


class View(Sent):
    """To a follower: what is shown under the code, whenever that changes."""

    type: Literal["view"]
    id: str
    live: bool
    """Whether somebody presents now; if not, the view is the last that was shown."""
    followers: int
    view: dict[str, Any] | None
    """Null until there is one."""


OUTGOING: tuple[type[Sent], ...] = (
    Runs,
    Gone,
    Rewind,
    Store,
    Pong,
    Error,
    Losses,
    Diagnostics,
    Presenting,
    View,
)
