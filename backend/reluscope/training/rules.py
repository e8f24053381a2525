"""Every update rule: one small class each, whose fields are its hyperparameters.

A rule finds the gradient where `backward()` left it, in each weight's `.grad`, moves the weights,
and leaves `.grad` cleared for the next iteration, as the tutorials do. Where they fill it with zeros,
it is taken away here: what `backward()` would add to zeros it then puts there, which gives the same
bits and saves three walks through memory of the weights' size.

To add one, write it here under `@rule`: the catalog, the form on the page and the tests over all
rules read `RULES` and nothing else names them.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

LearningRate = Annotated[
    float,
    Field(
        ge=0,
        le=torch.finfo(torch.float32).max,  # a larger one has no place in the weights' own type
        allow_inf_nan=False,
        title="Learning rate",
        description="How far a step goes along the negative gradient.",
    ),
]


class Rule(BaseModel):
    """An update rule and its hyperparameters."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rule: str

    def step(self, weights: Sequence[Tensor]) -> None:
        """Move `weights` in place by their `.grad`, then clear `.grad`."""
        raise NotImplementedError


RULES: dict[str, type[Rule]] = {}

R = TypeVar("R", bound=Rule)


def rule(cls: type[R]) -> type[R]:
    """Enter the class below into `RULES` under the name that its field `rule` defaults to."""
    RULES[cls.model_fields["rule"].default] = cls
    return cls


@rule
class Sgd(Rule):
    """optim.SGD with w1 and w2 as two parameter groups."""

    rule: Literal["sgd"] = "sgd"
    lr: LearningRate = 1e-6

    def step(self, weights: Sequence[Tensor]) -> None:
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        with torch.no_grad():
            # The very arithmetic of optim.SGD.step(), without its bookkeeping, which costs as
            # much as a tenth of an iteration and holds the GIL meanwhile.
            torch._foreach_add_(list(weights), gradients, alpha=-self.lr)
        for weight in weights:
            weight.grad = None


@rule
class Manual(Rule):
    """By hand: weights moved in place under torch.no_grad(), gradients cleared by hand."""

    rule: Literal["manual"] = "manual"
    lr: LearningRate = 1e-6

    def step(self, weights: Sequence[Tensor]) -> None:
        with torch.no_grad():
            for weight in weights:
                assert weight.grad is not None
                weight -= self.lr * weight.grad  # noqa: PLW2901 - in place
                weight.grad = None


@rule
class ManualData(Rule):
    """By hand through weight.data and weight.grad.data, which autograd does not track."""

    rule: Literal["manual_data"] = "manual_data"
    lr: LearningRate = 1e-6

    def step(self, weights: Sequence[Tensor]) -> None:
        for weight in weights:
            assert weight.grad is not None
            weight.data -= self.lr * weight.grad.data
            weight.grad = None
