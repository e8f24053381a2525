"""Presets: what the page starts with one click. Only what differs from the defaults."""

from dataclasses import dataclass, field
from typing import Any

from .relus import RELUS
from .rules import RULES


@dataclass(frozen=True)
class Preset:
    """A spec to start with, and what the page tells about it."""

    name: str
    title: str
    help: str
    spec: dict[str, Any] = field(default_factory=dict)
    grid: dict[str, list[Any]] = field(default_factory=dict)
    """Fields of the spec, each with the values that it takes in turn: a run for each combination.
    Those within `update` are written with a dot, such as `update.lr`."""


PRESETS = (
    Preset(
        "autograd",
        "Tensors and autograd",
        "The first tutorial: clamp(min=0), updated by optim.SGD with two parameter groups.",
        {"name": "Tensors and autograd", "relu": "clamp", "update": {"rule": "sgd", "lr": 1e-6}},
    ),
    Preset(
        "custom_function",
        "Defining new autograd functions",
        "The second tutorial: its own autograd.Function, updated by hand under torch.no_grad().",
        {
            "name": "Defining new autograd functions",
            "relu": "my_relu",
            "update": {"rule": "manual", "lr": 1e-6},
        },
    ),
)
"""The tutorials, one run each."""

LADDER = [1e-7, 2e-7, 5e-7, 1e-6, 2e-6, 5e-6, 1e-5]
"""Learning rates from slow to diverging: with the defaults, 5e-6 is past the edge."""


def sets() -> tuple[Preset, ...]:
    """Presets that start several runs, of all that is registered now."""
    return (
        Preset(
            "every_relu",
            "Every ReLU, same start",
            "One run for each implementation, all else equal.",
            {"tags": ["every ReLU"]},
            {"relu": list(RELUS)},
        ),
        Preset(
            "every_rule",
            "Every rule, same start",
            "One run for each update rule, with its own defaults.",
            {"tags": ["every rule"]},
            {"update.rule": list(RULES)},
        ),
        Preset(
            "learning_rates",
            "A ladder of learning rates",
            "From too slow to divergence, with the first tutorial's SGD.",
            {"tags": ["learning rates"], "update": {"rule": "sgd"}},
            {"update.lr": LADDER},
        ),
    )
