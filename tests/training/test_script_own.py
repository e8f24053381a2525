"""A ReLU or a rule of somebody's own is written out in the script, from the file where it stands."""

import importlib.util
import sys

import pytest
import torch

from reluscope.errors import NoSource
from reluscope.training.change import Change
from reluscope.training.relus import RELUS, Relu
from reluscope.training.script import script
from reluscope.training.spec import GRADIENTS

from .plain import by_rule
from .scripted import assert_same_bits, spec_of

PLUGIN = '''
from __future__ import annotations

import math
import math as mathematics
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from reluscope.training.relus import MyReLU, implementation
from reluscope.training.rules import LARGEST as MOST
from reluscope.training.rules import Linear, LearningRate, Rule, State

SLOPE: float = 0.125  # below 0
UNUSED = 1 / 3


def scaled(h: Tensor, by: float = SLOPE) -> Tensor:
    """by times h."""
    factor: float = by * math.sqrt(1.0)
    return h * factor


class Leaky(torch.autograd.Function):
    """Not quite 0 below 0."""

    @staticmethod
    def forward(ctx: Any, h: Tensor) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(h)
        return torch.where(h > 0, h, scaled(h))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (h,) = ctx.saved_tensors
        return torch.where(h > 0, grad, scaled(grad))


@implementation("leaky", formula="h or h / 8", code="Leaky.apply(h)")
def leaky(h: Tensor) -> Tensor:
    """A leaky one."""
    return Leaky.apply(h)  # type: ignore[no-any-return]


@implementation("told by its function", formula="?", code="no such expression")
def untold(
    h: Tensor,
    *,
    most: float = MOST,
) -> Tensor:
    """Its code is no expression."""
    return nn.functional.relu(MyReLU.apply(h)).clamp(max=most)


class Signs(Rule):
    """Along the sign of the gradient, with a memory."""

    rule: str = "signs"
    lr: LearningRate = 1e-3
    keep: float = 0.5

    @property
    def gone(self) -> float:
        return 1 - self.keep

    def step(
        self, weights: Sequence[Tensor], gradients: Sequence[Tensor], state: Sequence[State]
    ) -> None:
        for weight, gradient, own in zip(weights, gradients, state, strict=True):
            weight -= self.lr * self.smooth(gradient.sign(), own)  # noqa: PLW2901 - in place

    def smooth(self, sign: Tensor, own: State) -> Tensor:
        """The mean of signs so far."""
        mean = own.get("mean")
        own["mean"] = sign if mean is None else self.keep * mean + self.gone * sign
        return own["mean"] * mathematics.sqrt(1)


class Lively(Rule):
    """Along half the gradient, by methods that are called as another rule's."""

    rule: str = "lively"
    lr: LearningRate = 1e-3

    def step(
        self, weights: Sequence[Tensor], gradients: Sequence[Tensor], state: Sequence[State]
    ) -> None:
        for weight, gradient, own in zip(weights, gradients, state, strict=True):
            own["mean"] = self.smooth(gradient)
            weight.sub_(own["mean"], alpha=self.lr)

    def smooth(self, gradient: Tensor) -> Tensor:
        return gradient / 2


class Straight(Rule):
    """As manual, by a method of its own."""

    rule: str = "straight"
    lr: LearningRate = 1e-5

    def linear(self) -> Linear:
        return Linear(self.lr, self.lr)
'''


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """A module from a file of somebody's."""
    kept = dict(RELUS)
    file = tmp_path / "somebodys.py"
    file.write_text(PLUGIN)
    found = importlib.util.spec_from_file_location("somebodys", file)
    module = importlib.util.module_from_spec(found)
    monkeypatch.setitem(sys.modules, "somebodys", module)
    found.loader.exec_module(module)
    yield module
    RELUS.clear()
    RELUS.update(kept)


@pytest.mark.parametrize("gradients", GRADIENTS)
@pytest.mark.parametrize("relu", ["leaky", "untold"])
@pytest.mark.usefixtures("plugin")
def test_somebodys_own_relu_is_written_out(relu, gradients):
    assert_same_bits(spec_of(relu=relu, gradients=gradients))


@pytest.mark.usefixtures("plugin")
def test_what_is_written_out_is_what_is_needed_without_types():
    text = script(spec_of(relu="leaky"))
    assert "SLOPE = 0.125\n" in text
    assert "def scaled(h, by=SLOPE):\n" in text
    assert "    factor = by * math.sqrt(1.0)\n" in text
    assert "import math\n" in text
    for absent in ("UNUSED", "Tensor", "Any", "typing", "reluscope.", "type:", "implementation"):
        assert absent not in text


@pytest.mark.parametrize("gradients", ["autograd", "closed_form"])
def test_somebodys_own_rule_is_written_out(plugin, gradients):
    spec = spec_of(plugin.Signs(), gradients=gradients)
    slower, shorter = (
        by_rule(spec, spec.update.changed(changed)) for changed in ({"lr": 1e-4}, {"keep": 0.25})
    )
    assert_same_bits(spec, [Change(4, slower), Change(8, shorter)])


def test_somebodys_own_rule_reads_as_a_function_of_its_hyperparameters(plugin):
    text = script(spec_of(plugin.Signs(), relu="leaky"))
    assert "rule = SimpleNamespace(lr=0.001, keep=0.5, gone=0.5)\n" in text
    assert "\ndef step(self, weights, gradients, state):\n" in text
    assert "\nimport math as mathematics\n" in text
    assert "noqa" not in text


def test_somebodys_own_linear_rule_in_gram(plugin):
    assert_same_bits(spec_of(plugin.Straight(), gradients="gram"))


def test_what_has_no_source_is_told_and_not_guessed(monkeypatch):
    class Bend:
        def __call__(self, h: torch.Tensor) -> torch.Tensor:
            return torch.relu(h)

    monkeypatch.setitem(RELUS, "bend", Relu("bend", Bend(), "", "", "bend(h)", ""))
    with pytest.raises(NoSource, match="Bend"):
        script(spec_of(relu="bend"))


def test_a_name_that_the_script_needs_itself_is_told(tmp_path, monkeypatch):
    file = tmp_path / "clashing.py"
    file.write_text("loss = 0\n\n\ndef bent(h):\n    return h.clamp(min=loss)\n")
    found = importlib.util.spec_from_file_location("clashing", file)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    monkeypatch.setitem(RELUS, "bent", Relu("bent", module.bent, "", "", "bent(h)", ""))
    with pytest.raises(NoSource, match="loss"):
        script(spec_of(relu="bent"))
