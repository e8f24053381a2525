"""Which network trains by a spec, and how one goes on where another spec takes over."""

from collections.abc import Mapping

import torch
from torch import Tensor

from .cuda import CapturedNetwork, can_be_recorded
from .gram import GramRun, moving_shapes
from .network import Network
from .problem import Problem, draw_first
from .relus import RELUS, check
from .rules import Rule
from .spec import RunSpec


def begin(spec: RunSpec, problem: Problem) -> Network | GramRun:
    """A network at the problem's weights that remembers nothing. It moves these weights in place.

    Raises ValueError where the ReLU does not do what one must, or where the spec is for `gram` and
    the rule's step is not linear.
    """
    relu = RELUS[spec.relu]
    check(relu, problem.x[:1].mm(problem.w1))
    if spec.gradients == "gram":
        return GramRun(problem, relu, spec.update)
    if can_be_recorded(spec.device, spec.update):
        return CapturedNetwork(problem, relu, spec.gradients, spec.update)
    return Network(problem, relu, spec.gradients, spec.update)


def remembers(before: Rule, after: Rule) -> bool:
    """Whether what `before` has left in its state is what `after` would find there."""
    return type(before) is type(after) and all(
        getattr(before, name) == getattr(after, name) for name in before.fixed
    )


@torch.no_grad()
def go_on(
    network: Network | GramRun, before: RunSpec, after: RunSpec, data: tuple[Tensor, Tensor]
) -> Network | GramRun:
    """What trains by `after` from the weights on that `network` has come to by `before`: the same
    network where it can, with the rule's state where the rule remembers. `data` is x and y.

    Raises as `begin` does; then `network` is as it was.
    """
    kept = remembers(before.update, after.update)
    ways = (before.gradients, after.gradients)
    if isinstance(network, GramRun) and ways == ("gram", "gram"):
        relu = RELUS[after.relu]
        if after.relu != before.relu:
            check(relu, data[0][:1].mm(network.weights()[0]))
        network.switch(relu, after.update, remembers=kept)
        return network
    if kept and ways[0] == ways[1] and before.relu == after.relu:
        network.change(after.update)
        return network
    w1, w2 = network.weights()
    if isinstance(network, GramRun):
        w2 = w2.clone()
    new = begin(after, Problem(*data, w1, w2))
    if isinstance(new, GramRun):
        new.from_seed = False
    elif kept and isinstance(network, Network):
        new.remember(network.state)
    return new


@torch.no_grad()
def resume(
    spec: RunSpec, tensors: Mapping[str, Tensor], facts: Mapping[str, bool]
) -> tuple[Network | GramRun, Problem]:
    """The network that gave `tensors` and `facts` by its `kept` under this spec, and the problem
    that it was made of. It takes the weights as they are, without a copy.

    Raises ValueError where they do not fit the spec, and as `draw` does.
    """
    w1, w2 = (spec.d_in, spec.hidden), (spec.hidden, spec.d_out)
    if spec.gradients != "gram":
        _fit(spec, tensors, {"w1": w1, "w2": w2})
        x, y = draw_first(spec, 2)
        problem = Problem(x, y, tensors["w1"], tensors["w2"])
    else:
        moving = moving_shapes(spec.n, spec.hidden, spec.d_out)
        _fit(spec, tensors, moving if facts.get("from_seed") else {**moving, "w1_0": w1})
        x, y, *drawn = draw_first(spec, 3 if facts.get("from_seed") else 2)
        w1_0 = drawn[0] if drawn else tensors["w1_0"]
        problem = Problem(x, y, w1_0, tensors["w2"][0])
    network = begin(spec, problem)
    network.resume(tensors, facts)
    return network, problem


def _fit(
    spec: RunSpec, tensors: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]
) -> None:
    for name, shape in shapes.items():
        if name not in tensors:
            raise ValueError(f"{name} is missing")
        found = tensors[name]
        if tuple(found.shape) != shape or found.dtype != spec.torch_dtype:
            came = f"{tuple(found.shape)} in {str(found.dtype).removeprefix('torch.')}"
            raise ValueError(f"{name} is of shape {came}: expected {shape} in {spec.dtype}")
