"""Presets: specs that the page starts with one click. Only what differs from the defaults."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Preset:
    """A spec to start with, and what the page tells about it."""

    name: str
    title: str
    help: str
    spec: dict[str, Any] = field(default_factory=dict)


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
