"""What the outside sees of a run, and what is kept of it: its view, and its events."""

from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    PlainSerializer,
    SerializeAsAny,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from ..numbers import Number, tell_within
from ..training.spec import RunSpec
from ..training.unknown import unknown_spec
from .states import Status


def _known_or_not(value: object, parse: ValidatorFunctionWrapHandler) -> RunSpec:
    """A spec that was sound where it was written may name a ReLU or a rule that is not here."""
    try:
        spec: RunSpec = parse(value)
    except ValidationError:
        if not isinstance(value, dict):
            raise
        return unknown_spec(value)
    return spec


class _OrUnknown:
    """Says in the JSON Schema that a spec may be one that is not known here."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        unknown = "Of a run that was made elsewhere: a spec with a ReLU or rule that is not here."
        return {"anyOf": [handler(core), {"type": "object", "description": unknown}]}


class Origin(BaseModel):
    """Where a run was forked from."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    iteration: int
    """The first that is its own."""


class Member(BaseModel):
    """Which run of which sweep it is."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    """The sweep's."""
    name: str | None = None
    """What the sweep is called."""
    place: int
    """Its place in the order in which the sweep's runs were asked for, from 0 on."""
    point: Annotated[dict[str, Any], PlainSerializer(tell_within, return_type=dict[str, Any])]
    """What was asked for in it alone, by the paths of its spec's fields: {"update.lr": 1e-6}."""


class RunView(BaseModel):
    """A run as the outside sees it, at one moment. Times are Unix seconds."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    spec: Annotated[SerializeAsAny[RunSpec], WrapValidator(_known_or_not), _OrUnknown()]
    status: Status
    iteration: int
    """Iterations done: the length of the trace."""
    loss: Number | None
    """The newest loss."""
    min_loss: Number | None
    """The smallest loss so far that is not NaN."""
    rate: float | None
    """Iterations per second, over the last second or so of its training."""
    created_at: float
    started_at: float | None
    ended_at: float | None
    reason: str | None
    """Why it ended, where that needs a word."""
    worker: str | None
    """The worker that trained it last."""
    environment: dict[str, str | int | bool] | None
    """What, beside the spec, decides its bits."""
    pinned: bool = False
    """Whether it is kept, however many come after it."""
    forked_from: Origin | None = None
    sweep: Member | None = None


EventKind = Literal[
    "running", "paused", "finished", "stopped", "diverged", "failed", "interrupted",
    "changed", "nonfinite", "forked", "differs",
]  # fmt: skip

assert set(get_args(Status)) - {"queued"} < set(get_args(EventKind))


class Event(BaseModel):
    """Something that happened to a run between two iterations."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    iteration: int
    """Iterations done by then: it takes effect from the iteration of this number on."""
    at: float
    """In Unix seconds."""
    kind: EventKind
    """The state that it went to; or that something was changed, or first was not finite; that it
    was forked from another, or that iterations which were trained again had other losses."""
    reason: str | None = None
    changes: Annotated[
        dict[str, Any] | None, PlainSerializer(tell_within, return_type=dict[str, Any] | None)
    ] = None
    """Of what was changed, each with what it was and what it is: {"update.lr": [1e-6, 1e-7]}."""
