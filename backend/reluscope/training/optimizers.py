"""The update rules that are torch.optim's optimizers: one class each, whose fields are its
arguments. Each step is taken by the optimizer itself; what this torch lacks is not entered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import torch
from pydantic import Field
from torch import Tensor

from ..numbers import WHOLE
from .rules import LARGEST, LearningRate, Rule, State, Step, WeightDecay, hyperparameter, rule


class Optimizer(Rule):
    """A rule whose steps an optimizer of torch.optim takes, with the fields as its arguments."""

    optimizer: ClassVar[type[torch.optim.Optimizer]]
    pairs: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """The arguments that are several numbers, and the fields that hold these."""

    def arguments(self) -> dict[str, Any]:
        """What the optimizer is made with, beside the weights."""
        fields = self.model_dump(exclude={"rule"})
        for argument, names in self.pairs.items():
            fields[argument] = tuple(fields.pop(name) for name in names)
        return fields

    def begin(self, weights: Sequence[Tensor], state: Sequence[State]) -> Step:
        optimizer = self.optimizer(list(weights), **self.arguments())
        for weight, own in zip(weights, state, strict=True):
            if not own:
                own.update(optimizer.state[weight])  # some fill it at once, some at the first step
            optimizer.state[weight] = own

        def step(gradients: Sequence[Tensor]) -> None:
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.grad = gradient
            optimizer.step()

        return step


O = TypeVar("O", bound=Optimizer)  # noqa: E741


def optimizer(name: str) -> Callable[[type[O]], type[O]]:
    """Enter the class below as a rule, where torch.optim has an optimizer of this name."""

    def enter(cls: type[O]) -> type[O]:
        found = getattr(torch.optim, name, None)
        if found is None:
            return cls
        cls.optimizer = found
        return rule(cls)

    return enter


Beta1 = Annotated[
    float,
    hyperparameter("Beta 1", "How much of the mean of past gradients is kept.", ge=0, lt=1),
]
Beta2 = Annotated[
    float,
    hyperparameter("Beta 2", "How much of the mean of their squares is kept.", ge=0, lt=1),
]
Epsilon = Annotated[
    float, hyperparameter("Epsilon", "Added to what is divided by, which may be 0.", ge=0)
]
Decoupled = Annotated[
    bool,
    Field(title="Decoupled weight decay", description="Shrink the weight itself, as AdamW does."),
]


class _WithBetas(Optimizer):
    pairs: ClassVar = {"betas": ("beta1", "beta2")}

    rule: str
    lr: LearningRate = 1e-3
    beta1: Beta1 = 0.9
    beta2: Beta2 = 0.999
    eps: Epsilon = 1e-8
    weight_decay: WeightDecay = 0.0


@optimizer("Adam")
class Adam(_WithBetas):
    """Adam: steps scaled by running means of gradients and of their squares."""

    held, passing = 3, 4
    fixed = ("amsgrad",)

    rule: Literal["adam"] = "adam"
    lr: LearningRate = 1e-3
    amsgrad: Annotated[
        bool, Field(title="AMSGrad", description="Divide by the largest mean of squares so far.")
    ] = False


@optimizer("AdamW")
class AdamW(_WithBetas):
    """Adam whose weight decay shrinks the weight itself and not through its gradient."""

    held, passing = 3, 4
    fixed = ("amsgrad",)

    rule: Literal["adamw"] = "adamw"
    lr: LearningRate = 1e-3
    weight_decay: Annotated[
        float, hyperparameter("Weight decay", "The weight shrinks by lr times this.", ge=0)
    ] = 1e-2
    amsgrad: Annotated[
        bool, Field(title="AMSGrad", description="Divide by the largest mean of squares so far.")
    ] = False


@optimizer("RMSprop")
class RMSprop(Optimizer):
    """RMSprop: steps divided by the root of a running mean of squared gradients."""

    held, passing = 3, 3
    fixed = ("momentum", "centered")

    rule: Literal["rmsprop"] = "rmsprop"
    lr: LearningRate = 1e-2
    alpha: Annotated[
        float, hyperparameter("Alpha", "How much of the mean of squares is kept.", ge=0, le=1)
    ] = 0.99
    eps: Epsilon = 1e-8
    weight_decay: WeightDecay = 0.0
    momentum: Annotated[
        float, hyperparameter("Momentum", "The share of the last step that goes on.", ge=0, le=1)
    ] = 0.0
    centered: Annotated[
        bool, Field(title="Centered", description="Divide by the deviation from the mean.")
    ] = False


@optimizer("Adagrad")
class Adagrad(Optimizer):
    """Adagrad: steps divided by the root of the sum of all squared gradients."""

    held, passing = 1, 3

    rule: Literal["adagrad"] = "adagrad"
    lr: LearningRate = 1e-2
    lr_decay: Annotated[
        float, hyperparameter("Decay of the rate", "lr / (1 + updates * this).", ge=0)
    ] = 0.0
    weight_decay: WeightDecay = 0.0
    initial_accumulator_value: Annotated[
        float, hyperparameter("First sum", "Where the sum of squares begins.", ge=0)
    ] = 0.0
    eps: Epsilon = 1e-10


@optimizer("Adadelta")
class Adadelta(Optimizer):
    """Adadelta: steps scaled by running means of squared gradients and of squared steps."""

    held, passing = 2, 4

    rule: Literal["adadelta"] = "adadelta"
    lr: LearningRate = 1.0
    rho: Annotated[
        float, hyperparameter("Rho", "How much of the means of squares is kept.", ge=0, le=1)
    ] = 0.9
    eps: Epsilon = 1e-6
    weight_decay: WeightDecay = 0.0


@optimizer("Adamax")
class Adamax(_WithBetas):
    """Adam with the largest of past gradients where Adam has the root of their mean square."""

    held, passing = 2, 3

    rule: Literal["adamax"] = "adamax"
    lr: LearningRate = 2e-3


@optimizer("NAdam")
class NAdam(_WithBetas):
    """Adam with Nesterov's look ahead."""

    rule: Literal["nadam"] = "nadam"
    lr: LearningRate = 2e-3
    momentum_decay: Annotated[
        float, hyperparameter("Momentum decay", "How fast beta 1 warms up.", ge=0)
    ] = 4e-3
    decoupled_weight_decay: Decoupled = False


@optimizer("RAdam")
class RAdam(_WithBetas):
    """Adam that trusts its mean of squares only when that rests on enough gradients."""

    rule: Literal["radam"] = "radam"
    lr: LearningRate = 1e-3
    decoupled_weight_decay: Decoupled = False


@optimizer("Rprop")
class Rprop(Optimizer):
    """Rprop: only the gradient's sign counts; each weight has a step size of its own."""

    pairs: ClassVar = {"etas": ("eta_minus", "eta_plus"), "step_sizes": ("step_min", "step_max")}
    held, passing = 2, 5

    rule: Literal["rprop"] = "rprop"
    lr: Annotated[
        float, hyperparameter("First step size", "How far each weight's first step goes.", ge=0)
    ] = 1e-2
    eta_minus: Annotated[
        float, hyperparameter("Eta minus", "A step shrinks by it where the sign turns.", gt=0, lt=1)
    ] = 0.5
    eta_plus: Annotated[
        float, hyperparameter("Eta plus", "A step grows by it where the sign stays.", gt=1)
    ] = 1.2
    step_min: Annotated[float, hyperparameter("Smallest step", "No step is smaller.", ge=0)] = 1e-6
    step_max: Annotated[float, hyperparameter("Largest step", "No step is larger.", ge=0)] = 50.0


@optimizer("ASGD")
class ASGD(Optimizer):
    """Averaged SGD: a rate that falls with the updates, beside a mean of the weights."""

    held, passing = 1, 3

    rule: Literal["asgd"] = "asgd"
    lr: LearningRate = 1e-2
    lambd: Annotated[float, hyperparameter("Lambda", "How fast the rate falls.", ge=0)] = 1e-4
    alpha: Annotated[float, hyperparameter("Alpha", "The power by which the rate falls.", ge=0)] = (
        0.75
    )
    t0: Annotated[
        float, hyperparameter("T0", "When the mean of the weights begins.", unit="updates", ge=0)
    ] = 1e6
    weight_decay: WeightDecay = 0.0


@optimizer("Muon")
class Muon(Optimizer):
    """Muon: the momentum of a whole matrix, made orthogonal by Newton and Schulz's iteration."""

    held, passing = 1, 5

    rule: Literal["muon"] = "muon"
    lr: LearningRate = 1e-3
    weight_decay: Annotated[
        float, hyperparameter("Weight decay", "The weight shrinks by lr times this.", ge=0)
    ] = 0.1
    momentum: Annotated[
        float, hyperparameter("Momentum", "The share of past gradients kept.", ge=0, le=1)
    ] = 0.95
    nesterov: Annotated[
        bool, Field(title="Nesterov", description="Look ahead along the momentum.")
    ] = True
    eps: Epsilon = 1e-7
    ns_steps: Annotated[
        int,
        Field(ge=1, le=99, title="Newton-Schulz steps", description="Steps towards orthogonal."),
        WHOLE,
    ] = 5


@optimizer("Adafactor")
class Adafactor(Optimizer):
    """Adafactor: Adam's means of squares, kept for rows and columns alone."""

    pairs: ClassVar = {"eps": ("eps1", "eps2")}
    held, passing = 1, 3

    rule: Literal["adafactor"] = "adafactor"
    lr: LearningRate = 1e-2
    beta2_decay: Annotated[
        float, hyperparameter("Beta 2 decay", "How beta 2 nears 1, as a power.", ge=-LARGEST, le=0)
    ] = -0.8
    eps1: Annotated[
        float | None,
        hyperparameter("Epsilon 1", "Least square; empty for the dtype's own.", ge=0),
    ] = None
    eps2: Annotated[
        float, hyperparameter("Epsilon 2", "Least size of a weight that scales its step.", ge=0)
    ] = 1e-3
    d: Annotated[
        float, hyperparameter("Clipping threshold", "The largest root mean square of a step.", ge=1)
    ] = 1.0
    weight_decay: Annotated[
        float, hyperparameter("Weight decay", "The weight shrinks by lr times this.", ge=0)
    ] = 0.0
