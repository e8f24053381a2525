"""The captured step replays what an eager one does. Where there is no CUDA device, the recording
itself cannot be tried; what is done with it is, by a recording that calls the work again."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch

from reluscope.training.cuda import CapturedNetwork, can_be_recorded, own_stream
from reluscope.training.network import Network
from reluscope.training.problem import draw
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES
from reluscope.training.spec import RunSpec
from reluscope.training.trainer import Trainer

from .plain import gentle, plain_losses

SPEC = RunSpec.model_validate(
    {"n": 16, "d_in": 60, "hidden": 30, "d_out": 5, "update": {"lr": 1e-4, "momentum": 0.9}}
)


class Recorder:
    """Records as a graph does: the outputs of a pass stay in their places, an update is launched
    only when it is replayed."""

    def __init__(self) -> None:
        self.recorded = 0

    def __call__(self, work: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        self.recorded += 1
        if getattr(work, "__name__", "") == "update":
            return None, work
        outputs = work()

        def replay() -> None:
            loss, h, gradients = work()
            outputs.loss.copy_(loss)
            outputs.h.copy_(h)
            for place, gradient in zip(outputs.gradients, gradients, strict=True):
                place.copy_(gradient)

        return outputs, replay


def train(network: Network, count: int) -> list[float]:
    losses = []
    for _ in range(count):
        losses.append(network.forward())
        network.update()
    return [loss.item() for loss in losses]


@pytest.fixture
def pair():
    """A captured network and an eager one on the same problem, and the recorder."""
    recorder = Recorder()
    made = (draw(SPEC), RELUS["clamp"], "closed_form", SPEC.update)
    eager = Network(draw(SPEC), *made[1:])
    with torch.no_grad():
        yield CapturedNetwork(*made, record=recorder), eager, recorder


def test_replays_are_iterations(pair):
    captured, eager, recorder = pair
    assert train(captured, 20) == train(eager, 20)
    assert recorder.recorded == 2


def test_a_changed_rule_is_recorded_anew(pair):
    captured, eager, recorder = pair
    for network in (captured, eager):
        train(network, 10)
        network.change(SPEC.update.changed({"lr": 3e-5}))
    assert train(captured, 10) == train(eager, 10)
    assert recorder.recorded == 4


def test_after_a_way_back_it_is_recorded_anew(pair):
    captured, eager, recorder = pair
    curves = []
    for network in (captured, eager):
        restore = network.save()
        train(network, 10)
        restore(0)
        curves.append(train(network, 10))
    assert curves[0] == curves[1]
    assert recorder.recorded == 4


def test_a_norm_is_that_of_the_pass_it_was_asked_of(pair):
    captured, eager, _ = pair
    norms = []
    for network in (captured, eager):
        train(network, 7)
        norm = network.norm_of_last()
        train(network, 1)
        norms.append((norm(), network.diagnose([0]).tolist()))
    assert norms[0] == norms[1]


def test_what_cannot_be_recorded_goes_on_eagerly():
    attempts = []

    def refuse(work):
        attempts.append(work)
        raise RuntimeError("operation not permitted when stream is capturing")

    made = (RELUS["clamp"], "autograd", SPEC.update)
    captured, eager = CapturedNetwork(draw(SPEC), *made, record=refuse), Network(draw(SPEC), *made)
    with torch.no_grad():
        assert train(captured, 12) == train(eager, 12)
    assert len(attempts) == 1


def test_only_rules_that_need_no_cpu_in_between_are_recorded():
    assert [name for name in RULES if can_be_recorded("cuda:0", RULES[name]())] == [
        "sgd",
        "manual",
        "manual_data",
    ]
    assert not can_be_recorded("cpu", SPEC.update)


def test_on_the_cpu_a_stream_of_ones_own_is_none():
    with own_stream("cpu"):
        assert torch.ones(2).sum() == 2


@pytest.mark.cuda
@pytest.mark.parametrize("gradients", ["autograd", "closed_form"])
def test_on_cuda_the_captured_step_equals_a_plain_loop(gradients):
    for relu, rule in [*product(RELUS, ["sgd"]), *product(["clamp"], RULES)]:
        spec = RunSpec.model_validate(
            {"relu": relu, "update": gentle(rule), "device": "cuda", "iterations": 60, "d_in": 60}
        )
        ours = spec.model_copy(update={"gradients": gradients})
        with own_stream("cuda:0"):
            assert Trainer(ours).advance(60).losses.tolist() == plain_losses(spec), (relu, rule)


@pytest.mark.cuda
def test_on_cuda_a_curve_does_not_depend_on_turns():
    spec = RunSpec.model_validate({"device": "cuda", "update": {"momentum": 0.9}})
    with own_stream("cuda:0"):
        trainer = Trainer(spec)
        pieced = [loss for n in (1, 2, 30, 67) for loss in trainer.advance(n).losses.tolist()]
        assert pieced == Trainer(spec).advance(100).losses.tolist()
