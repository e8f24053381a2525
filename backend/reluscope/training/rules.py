"""What an update rule is, and the rules of the tutorials; torch.optim's others are in `optimizers`.

A rule is one small class, whose fields are its hyperparameters. To add one, write it under `@rule`:
the catalog, the form on the page and the tests over all rules read `RULES` and nothing else names
them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar

import torch
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from torch import Tensor

State = dict[str, Tensor]
"""What a rule remembers of one weight from one iteration to the next, such as its momentum."""

Step = Callable[[Sequence[Tensor]], None]
"""Moves the weights of one run in place by their gradients, which come in the weights' order."""

LARGEST = torch.finfo(torch.float32).max
"""A larger hyperparameter has no place in the weights' own type."""


def hyperparameter(title: str, help: str, *, unit: str | None = None, **bounds: float) -> Any:
    """A finite number with its name, its line of help, its unit and its bounds."""
    within: Any = {"le": LARGEST, "allow_inf_nan": False, **bounds}
    extra: Any = {"unit": unit} if unit else None
    return Field(title=title, description=help, json_schema_extra=extra, **within)


LearningRate = Annotated[
    float,
    hyperparameter("Learning rate", "How far a step goes along the negative gradient.", ge=0),
]
WeightDecay = Annotated[
    float,
    hyperparameter("Weight decay", "This times the weight is added to its gradient.", ge=0),
]


@dataclass(frozen=True)
class Linear:
    """A step that is linear in gradient and weight:

    v <- momentum v + (1 - dampening) (gradient + weight_decay weight), the first v undampened
    weight <- weight - rate v
    """

    rate_w1: float
    rate_w2: float
    momentum: float = 0.0
    dampening: float = 0.0
    weight_decay: float = 0.0
    nesterov: bool = False
    """Whether gradient + momentum v takes the place of v in the second line."""


DEFAULT: Final = "sgd"
"""The rule of a spec that names none."""


def _must_be_named(schema: dict[str, Any]) -> None:
    """Have a rule's JSON Schema tell that it must be named, where it is not the default."""
    if schema["properties"]["rule"].get("default") != DEFAULT:
        schema.setdefault("required", []).insert(0, "rule")


class Rule(BaseModel):
    """An update rule and its hyperparameters."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, json_schema_extra=_must_be_named
    )

    held: ClassVar[int] = 2
    """How many matrices of a weight's size it remembers at most."""
    passing: ClassVar[int] = 4
    """How many it needs for the length of a step."""

    fixed: ClassVar[tuple[str, ...]] = ()
    """Hyperparameters that decide what it remembers, and so cannot change while a run trains."""

    rule: str

    def linear(self) -> Linear | None:
        """The step in that form, where it has one: the Gram form can take no other."""
        return None

    def changed(self, fields: Mapping[str, object]) -> "Rule":
        """The same rule with some of its hyperparameters changed.

        Raises pydantic's ValidationError where it does not take them.
        """
        rule = type(self).model_validate({**self.model_dump(), **fields})
        refused = [name for name in self.fixed if getattr(rule, name) != getattr(self, name)]
        if refused:
            why = PydanticCustomError("fixed", "this cannot change while a run trains")
            raise ValidationError.from_exception_data(
                self.rule, [{"type": why, "loc": (n,), "input": fields[n]} for n in refused]
            )
        return rule

    def step(
        self, weights: Sequence[Tensor], gradients: Sequence[Tensor], state: Sequence[State]
    ) -> None:
        """Move `weights`, which are w1 (d_in, hidden) and w2 (hidden, d_out), in place.

        `gradients` are of their shapes and dtype. `state` has one dict for each weight: what the
        rule leaves there it finds again. Called with gradients off.
        """
        raise NotImplementedError

    def begin(self, weights: Sequence[Tensor], state: Sequence[State]) -> Step:
        """The steps of one run, from the state on that is there."""
        return lambda gradients: self.step(weights, gradients, state)


RULES: dict[str, type[Rule]] = {}

R = TypeVar("R", bound=Rule)


def rule(cls: type[R]) -> type[R]:
    """Enter the class below into `RULES` under the name that its field `rule` defaults to."""
    RULES[cls.model_fields["rule"].default] = cls
    return cls


GroupRate = Annotated[LearningRate | None, Field(description="Its own; empty for the one above.")]


@rule
class Sgd(Rule):
    """optim.SGD with w1 and w2 as two parameter groups."""

    held, passing = 1, 2

    rule: Literal["sgd"] = DEFAULT
    lr: LearningRate = 1e-6
    lr_w1: Annotated[GroupRate, Field(title="Learning rate of w1")] = None
    lr_w2: Annotated[GroupRate, Field(title="Learning rate of w2")] = None
    momentum: Annotated[
        float, hyperparameter("Momentum", "The share of the last step that goes on.", ge=0, le=1)
    ] = 0.0
    dampening: Annotated[
        float,
        hyperparameter("Dampening", "The share of a new gradient kept from momentum.", ge=0, le=1),
    ] = 0.0
    weight_decay: WeightDecay = 0.0
    nesterov: Annotated[
        bool,
        Field(title="Nesterov", description="Look ahead along the momentum; no dampening then."),
    ] = False

    @field_validator("nesterov")
    @classmethod
    def _needs_momentum(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001
        fields = info.data
        if value and (fields.get("momentum") == 0 or fields.get("dampening", 0) != 0):
            raise PydanticCustomError("nesterov", "nesterov needs a momentum, and no dampening")
        return value

    def rates(self) -> tuple[float, float]:
        """The learning rates of w1 and of w2."""
        return (
            self.lr if self.lr_w1 is None else self.lr_w1,
            self.lr if self.lr_w2 is None else self.lr_w2,
        )

    def linear(self) -> Linear:
        return Linear(
            *self.rates(), self.momentum, self.dampening, self.weight_decay, self.nesterov
        )

    def step(
        self, weights: Sequence[Tensor], gradients: Sequence[Tensor], state: Sequence[State]
    ) -> None:
        """Do the very arithmetic of optim.SGD.step(), without its bookkeeping.

        That costs as much as a tenth of an iteration and holds the GIL meanwhile.
        """
        if self.weight_decay != 0:
            gradients = torch._foreach_add(  # noqa: SLF001
                list(gradients), list(weights), alpha=self.weight_decay
            )
        if self.momentum != 0:
            gradients = self._with_momentum(gradients, state)
        rate_1, rate_2 = self.rates()
        if rate_1 == rate_2:
            torch._foreach_add_(list(weights), list(gradients), alpha=-rate_1)
        else:
            weights[0].add_(gradients[0], alpha=-rate_1)
            weights[1].add_(gradients[1], alpha=-rate_2)

    def _with_momentum(
        self, gradients: Sequence[Tensor], state: Sequence[State]
    ) -> Sequence[Tensor]:
        moved = []
        for gradient, own in zip(gradients, state, strict=True):
            if "momentum_buffer" in own:
                # Not by _foreach_mul_, which rounds the number to bfloat16 before it multiplies.
                own["momentum_buffer"].mul_(self.momentum).add_(gradient, alpha=1 - self.dampening)
            else:
                own["momentum_buffer"] = gradient.clone()
            buffer = own["momentum_buffer"]
            moved.append(gradient.add(buffer, alpha=self.momentum) if self.nesterov else buffer)
        return moved


class _ByHand(Rule):
    held, passing = 0, 1

    rule: str
    lr: LearningRate = 1e-6

    def linear(self) -> Linear:
        return Linear(self.lr, self.lr)

    def step(
        self, weights: Sequence[Tensor], gradients: Sequence[Tensor], _state: Sequence[State]
    ) -> None:
        """Do `weight -= lr * gradient` for all weights, each of the two roundings in one call."""
        torch._foreach_sub_(list(weights), torch._foreach_mul(list(gradients), self.lr))  # noqa: SLF001


@rule
class Manual(_ByHand):
    """By hand: weights moved in place under torch.no_grad()."""

    rule: Literal["manual"] = "manual"


@rule
class ManualData(_ByHand):
    """By hand through weight.data and weight.grad.data, which autograd does not track."""

    rule: Literal["manual_data"] = "manual_data"

    def step(
        self, weights: Sequence[Tensor], gradients: Sequence[Tensor], state: Sequence[State]
    ) -> None:
        moved = [weight.data for weight in weights]
        super().step(moved, [gradient.data for gradient in gradients], state)
