"""Runs that go on by another spec: any of them, and the plain loops that do the same."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from hypothesis import strategies as st
from torch import Tensor, optim

from reluscope.training.change import Change
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES, Rule
from reluscope.training.spec import DTYPES, GRADIENTS, RunSpec

from .plain import arguments, gentle, plain_optimizer, plain_relu, plain_update

SMALL = {"n": 9, "d_in": 12, "hidden": 10, "d_out": 4, "iterations": 12, "diagnostics_every": 2}

LINEAR = [name for name, rule in RULES.items() if rule().linear()]

MORE: dict[str, list[dict[str, object]]] = {
    "sgd": [
        {"momentum": 0.9},
        {"momentum": 0.5, "dampening": 0.25, "weight_decay": 0.5},
        {"momentum": 0.9, "nesterov": True, "lr_w2": 2e-4},
        {"weight_decay": 2.0},
    ],
    "adam": [{"amsgrad": True}, {"beta2": 0.5}],
    "rmsprop": [{"momentum": 0.5}, {"centered": True}, {"alpha": 0.5}],
}
"""Hyperparameters beside the learning rate that are tried."""


@st.composite
def specs(draw: st.DrawFn) -> RunSpec:
    """A small one that trains, of any kind."""
    gradients = draw(st.sampled_from(sorted(GRADIENTS)))
    dtypes = sorted({"float32", "float64"} if gradients == "gram" else DTYPES)
    rule = draw(st.sampled_from(LINEAR if gradients == "gram" else [*RULES, "sgd", "adam"]))
    return RunSpec.model_validate(
        {
            **SMALL,
            "seed": draw(st.integers(0, 9)),
            "dtype": draw(st.sampled_from(dtypes)),
            "relu": draw(st.sampled_from(sorted(RELUS))),
            "gradients": gradients,
            "update": gentle(rule, **draw(st.sampled_from([{}, *MORE.get(rule, [])]))),
            "on_nonfinite": "continue",
        }
    )


@st.composite
def stories(draw: st.DrawFn, most: int = 4) -> tuple[RunSpec, list[Change]]:
    """A spec, and what becomes of it at some iterations: often one thing of several."""
    first = spec = draw(specs())
    places = st.lists(st.integers(0, spec.iterations - 1), min_size=1, max_size=most)
    changes = []
    for iteration in sorted(draw(places)):
        other = draw(specs())
        taken = draw(st.sets(st.sampled_from(["relu", "update", "gradients"]), min_size=1))
        found = spec.model_copy(update={name: getattr(other, name) for name in taken})
        if found.gradients == "gram" and (
            found.update.linear() is None or found.dtype == "bfloat16"
        ):
            found = found.model_copy(update={"gradients": "autograd"})
        spec = found
        changes.append(Change(iteration, spec))
    return first, changes


def stages(
    spec: RunSpec, changes: Sequence[Change], stop: int | None = None
) -> Iterator[tuple[RunSpec, int, int]]:
    """Each spec that is in force, from which iteration on and up to which."""
    starts = [(0, spec), *changes, (spec.iterations if stop is None else stop, spec)]
    for (start, now), (end, _) in pairwise(starts):
        yield now, start, end


def plain_story(spec: RunSpec, changes: Sequence[Change] = ()) -> list[float]:
    """The losses of plain loops, one after the other, each on the weights that the last left."""
    torch.manual_seed(spec.seed)
    shapes = [(spec.n, spec.d_in), (spec.n, spec.d_out)]
    shapes += [(spec.d_in, spec.hidden), (spec.hidden, spec.d_out)]
    x, y, *weights = (torch.randn(shape, dtype=getattr(torch, spec.dtype)) for shape in shapes)
    losses: list[float] = []
    loop: Plain | PlainGram | None = None
    for now, start, stop in stages(spec, changes):
        kind = PlainGram if now.gradients == "gram" else Plain
        if loop is None or type(loop) is not kind:
            loop = kind(x, y, *(weights if loop is None else loop.weights()))
        loop.go_by(now.update)
        losses += [loop.iterate(plain_relu(now.relu), now.update) for _ in range(start, stop)]
    return losses


class Plain:
    """The tutorials' iteration. Its optimizer stays as long as it can."""

    def __init__(self, x: Tensor, y: Tensor, w1: Tensor, w2: Tensor) -> None:
        self.x, self.y = x, y
        self.w1, self.w2 = (w.detach().clone().requires_grad_() for w in (w1, w2))
        self.rule: Rule | None = None

    def weights(self) -> tuple[Tensor, Tensor]:
        return self.w1, self.w2

    def go_by(self, rule: Rule) -> None:
        if self.rule is None or not same(self.rule, rule):
            self.begin(rule)
        elif self.optimizer is not None:
            rates = (getattr(rule, name, None) for name in ("lr_w1", "lr_w2"))
            for group, rate in zip(self.optimizer.param_groups, rates, strict=False):
                group.update(arguments(rule))
                group["lr"] = rule.lr if rate is None else rate
        self.rule = rule

    def begin(self, rule: Rule) -> None:
        by_hand = rule.rule in ("manual", "manual_data")
        weights = (self.w1, self.w2)
        # Of optimizers with one group, w1 and w2 share it.
        self.optimizer = None if by_hand else plain_optimizer(rule, weights)

    def iterate(self, relu: Callable[[Tensor], Tensor], rule: Rule) -> float:
        loss = (relu(self.x.mm(self.w1)).mm(self.w2) - self.y).pow(2).sum()
        loss.backward()
        if self.optimizer is None:
            plain_update(rule, (self.w1, self.w2))()
        else:
            self.optimizer.step()
        self.w1.grad = self.w2.grad = None
        return loss.item()


class PlainGram:
    """The Gram form's iteration: w1 = a w1_0 + x^T s, by optim.SGD whatever the rule is called."""

    def __init__(self, x: Tensor, y: Tensor, w1: Tensor, w2: Tensor) -> None:
        self.x, self.y, self.w1_0 = x, y, w1.detach()
        self.gram, self.h0 = x.mm(x.t())[None], x.mm(self.w1_0)[None]
        self.s, self.w2 = torch.zeros_like(self.h0), w2.detach().clone()[None]
        self.a = self.s.new_ones(1, 1, 1)
        self.a.grad = torch.zeros_like(self.a)
        self.rule: Rule | None = None

    def weights(self) -> tuple[Tensor, Tensor]:
        return self.a[0] * self.w1_0 + self.x.t().mm(self.s[0]), self.w2[0]

    def go_by(self, rule: Rule) -> None:
        if self.rule is None or not same(self.rule, rule):
            self.optimizer = optim.SGD([{"params": [self.a, self.s]}, {"params": [self.w2]}])
        step, self.rule = rule.linear(), rule
        for group, rate in zip(
            self.optimizer.param_groups, (step.rate_w1, step.rate_w2), strict=True
        ):
            names = ("momentum", "dampening", "weight_decay", "nesterov")
            group.update(lr=rate, **{name: getattr(step, name) for name in names})

    def iterate(self, relu: Callable[[Tensor], Tensor], _rule: Rule) -> float:
        h = torch.baddbmm(self.a * self.h0, self.gram, self.s).requires_grad_()
        bent = relu(h)
        error = bent.detach().bmm(self.w2) - self.y
        by_y = 2 * error
        self.w2.grad = bent.detach().transpose(1, 2).bmm(by_y)
        (self.s.grad,) = torch.autograd.grad(bent, h, by_y.bmm(self.w2.transpose(1, 2)))
        self.optimizer.step()
        return error.square().sum((1, 2)).item()


def same(before: Rule, after: Rule) -> bool:
    """Whether what the one remembers is what the other would."""
    fixed = [(getattr(before, name), getattr(after, name, None)) for name in before.fixed]
    return before.rule == after.rule and all(old == new for old, new in fixed)
