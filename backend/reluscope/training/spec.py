"""RunSpec: what a run is asked to do. With the torch version and the machine it decides the curve,
bit for bit."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

import torch
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from ..numbers import WHOLE
from . import optimizers  # noqa: F401 - entered into RULES
from .devices import DEVICE_NAME, devices
from .diagnostics import CHANNELS
from .relus import RELUS
from .rules import DEFAULT, RULES, Rule, Sgd

DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}
GRADIENTS = {
    "autograd": "loss.backward(): autograd records the forward pass and goes back through it.",
    "closed_form": "Derived by hand, but for the ReLU; on the CPU the same bits as autograd's.",
    "gram": "In the space of the samples, through x x^T: the same mathematics in other rounding.",
}

MAX_SIZE = 1_000_000  # of one dimension; memory is what limits their products
MAX_ITERATIONS = 10_000_000  # 80 MB of losses
MAX_MARKS = 4096  # of a trace: when its turns ended
BUCKETED = (
    256  # losses of which a trace keeps what overviews need, and of 4 times as many, and so on
)
BUCKETED_BYTES = 86  # what these take: a bucket 64, and all larger ones a third of that
MAX_SEED = 2**53 - 1  # the largest that every JSON reader keeps whole
MAX_PACE = 1_000_000.0  # iterations a second


def one_of(allowed: Collection[str]) -> tuple[AfterValidator, WithJsonSchema]:
    """For a string that must be in `allowed`, which the error and the schema list."""

    def check(value: str) -> str:
        if value not in allowed:
            raise PydanticCustomError(
                "one_of", "expected one of {allowed}", {"allowed": list(allowed)}
            )
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "enum": list(allowed)})


def _device_name(value: str) -> str:
    if not DEVICE_NAME.fullmatch(value):
        raise PydanticCustomError(
            "one_of",
            "expected a device such as cpu, cuda or cuda:1",
            {"allowed": [device.name for device in devices()]},
        )
    return value


def _default_rule(value: object) -> object:
    if isinstance(value, dict) and "rule" not in value:
        return {"rule": DEFAULT, **value}
    return value


if TYPE_CHECKING:
    AnyRule = Rule
else:
    AnyRule = Annotated[
        Union[tuple(RULES.values())],  # noqa: UP007 - made from the registry
        Field(discriminator="rule"),
        BeforeValidator(_default_rule),
    ]

Size = Annotated[int, Field(ge=1, le=MAX_SIZE), WHOLE]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Tags = Annotated[list[Tag], Field(max_length=20)]
Pace = Annotated[float, Field(gt=0, le=MAX_PACE, allow_inf_nan=False)]


def _field(help: str, *, title: str | None = None, unit: str | None = None) -> Any:
    """A field of the form: its label, its unit and its line of help."""
    return Field(title=title, description=help, json_schema_extra={"unit": unit} if unit else None)


class RunSpec(BaseModel):
    """What a run is asked to do. The defaults are the first tutorial's."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[Name | None, _field("What you call it.")] = None
    tags: Annotated[Tags, _field("Words to find it by.")] = []
    relu: Annotated[
        str, *one_of(RELUS), _field("How max(h, 0) is computed.", title="ReLU implementation")
    ] = "clamp"
    update: Annotated[
        SerializeAsAny[AnyRule],  # one that is not known here is told, too
        _field("How a gradient moves the weights.", title="Update rule"),
    ] = Sgd()
    gradients: Annotated[
        str, *one_of(GRADIENTS), _field("How the gradient of the loss is found.")
    ] = "autograd"

    @field_validator("gradients")
    @classmethod
    def _takes_the_rule(cls, value: str, info: ValidationInfo) -> str:
        rule = info.data.get("update")
        if value == "gram" and rule is not None and rule.linear() is None:
            linear = [name for name, known in RULES.items() if known.linear is not Rule.linear]
            raise PydanticCustomError(
                "not_linear",
                "gram needs a rule whose step is linear in the gradient: one of {rules}",
                {"rules": linear},
            )
        return value

    n: Annotated[Size, _field("Samples in the one batch.", title="N", unit="samples")] = 64
    d_in: Annotated[Size, _field("Width of the input.", title="D_in", unit="features")] = 1000
    hidden: Annotated[Size, _field("Width of the hidden layer.", title="H", unit="units")] = 100
    d_out: Annotated[Size, _field("Width of the output.", title="D_out", unit="features")] = 10
    iterations: Annotated[
        int,
        Field(ge=1, le=MAX_ITERATIONS),
        WHOLE,
        _field("Training updates until it is finished.", unit="updates"),
    ] = 500
    seed: Annotated[
        int,
        Field(ge=0, le=MAX_SEED),
        WHOLE,
        _field("Decides data and start weights: same seed, same start."),
    ] = 0
    dtype: Annotated[
        str, *one_of(DTYPES), _field("Type of data and weights.", title="Data type")
    ] = "float32"

    @field_validator("dtype")
    @classmethod
    def _takes_the_gradients(cls, value: str, info: ValidationInfo) -> str:
        if value == "bfloat16" and info.data.get("gradients") == "gram":
            raise PydanticCustomError(
                "too_coarse", "gram needs float32 or float64: x x^T has no place in 8 bits"
            )
        return value

    device: Annotated[
        str,
        AfterValidator(_device_name),
        WithJsonSchema({"type": "string", "pattern": f"^({DEVICE_NAME.pattern})$"}),
        _field("Where it trains."),
    ] = "cpu"
    pace: Annotated[
        Pace | None,
        _field("How fast it may go; empty for full speed.", unit="iterations/s"),
    ] = None
    on_nonfinite: Annotated[
        Literal["stop", "pause", "continue"],
        _field(
            "What to do at the first loss or weight that is NaN or infinite.", title="On NaN or inf"
        ),
    ] = "stop"
    diagnostics_every: Annotated[
        int,
        Field(ge=0, le=MAX_ITERATIONS),
        WHOLE,
        _field(
            "How often units and norms are measured; 0 for never.",
            title="Diagnostics every",
            unit="updates",
        ),
    ] = 50

    @property
    def torch_dtype(self) -> torch.dtype:
        return DTYPES[self.dtype]

    def training_bytes(self) -> int:
        """Memory that training needs at its peak, estimated from the shapes, in bytes.

        Data, three times where the closed form tries products with x^T. Weights; their gradients,
        of this pass, of the last, and of the last turn's last; a copy to come back to; what the
        rule remembers, also copied, and passes through, or what their norms pass through in
        float64. Of the hidden layer h and relu(h), what the ReLU and its gradient pass through, h
        of the last pass, and a count in 64 bits; of the output the prediction, the error and their
        like.
        """
        size, rule = self.torch_dtype.itemsize, self.update
        data = self.n * (self.d_in + self.d_out)
        weights = self.hidden * (self.d_in + self.d_out)
        layer, output = self.n * self.hidden, self.n * self.d_out
        if self.gradients == "gram":
            # In place of w1 and what goes with it, matrices (n, n) and (n, hidden).
            moving = layer + self.hidden * self.d_out
            values = data + (1 + 8 // size) * weights + 4 * self.n * self.n
            values += 9 * layer + 8 * moving + 5 * output
            return values * size + 5 * 8 * layer
        values = (3 if self.gradients == "closed_form" else 1) * data
        values += weights * (4 + max(rule.passing, 8 // size) + 2 * rule.held)
        values += 7 * layer + 5 * output
        return values * size + 8 * layer

    def trace_bytes(self, iterations: int | None = None) -> int:
        """Memory of the curve of so many iterations at most, in bytes, of all where none are given:
        each loss; what overviews need of them; the rows of diagnostics, one for every iteration that
        `diagnostics_every` divides; and when its turns ended, which at a slow pace is one turn an
        iteration, for as many as are told apart."""
        count, every = self.iterations if iterations is None else iterations, self.diagnostics_every
        rows = -(-count // every) if every else 0
        values = count + len(CHANNELS) * rows + 2 * min(count, MAX_MARKS)
        return 8 * values + BUCKETED_BYTES * (count // BUCKETED)
