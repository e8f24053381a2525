"""Gram: training in the space of the n samples, where x is met only through x x^T.

The gradient by w1 is x^T g, with g the gradient by h = x w1. So a rule whose steps are linear moves
w1 only along the columns of x^T: w1 = a w1_0 + x^T s, with a number a (1 without weight decay) and a
matrix s (n, hidden), which move by the same rule with the gradients 0 and g. And of w1 an iteration
needs but h = a x w1_0 + (x x^T) s. At the tutorial's shape that is a twentieth of the arithmetic:
the same mathematics in another rounding. w1 itself is put together when somebody asks.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

import torch
from torch import Tensor

from .diagnostics import counts, norms
from .gradients import Bent, Cut, cut_of
from .problem import Problem
from .relus import RELUS, Relu
from .rules import Linear, Rule, Sgd

MAX_SIZE_IN_COMPANY = 2**18
"""Values of x x^T and of h that one of several runs has at most: with more, its products are so
large that company saves nothing."""

DIAGNOSED_AT_ONCE = 8
"""Runs whose float64 copies, which diagnostics need, come and go within a CPU's cache: for more at
once, memory is asked of the system each time, which takes up to four times as long."""

TRIAL_COMPANY = 17
"""Side by side, matrices begin at any of the sixteen places of a cache line, by which some products
add in another order."""

TRIAL_ITERATIONS = 6
"""Another order may be that of one element alone, and then shows in one trial of three."""


@dataclass(frozen=True)
class Kind:
    """What runs must have in common, beside shapes and dtype, to be iterated together."""

    relu: str
    momentum: bool
    dampening: bool
    nesterov: bool
    decay: bool


MOVING = ("s", "w2", "a", "s_velocity", "w2_velocity", "a_velocity", "gain")


def moving_shapes(n: int, hidden: int, d_out: int) -> dict[str, tuple[int, ...]]:
    """The shape of each of `MOVING`, of one run."""
    s, w2, one = (1, n, hidden), (1, hidden, d_out), (1, 1, 1)
    return dict(zip(MOVING, (s, w2, one, s, w2, one, one), strict=True))


@dataclass
class _Tensors:
    """Of one run or of several; the first dimension of each is for the runs."""

    gram: Tensor
    """x x^T, (runs, n, n)"""
    h0: Tensor
    """x w1_0, (runs, n, hidden)"""
    y: Tensor
    """(runs, n, d_out)"""
    square0: Tensor
    """The squared norm of w1_0, (runs,), float64"""

    s: Tensor
    """(runs, n, hidden)"""
    w2: Tensor
    """(runs, hidden, d_out)"""
    a: Tensor
    """(runs, 1, 1), as all that follow the velocities"""
    s_velocity: Tensor
    w2_velocity: Tensor
    a_velocity: Tensor

    minus_rate_w1: Tensor
    minus_rate_w2: Tensor
    momentum: Tensor
    gain: Tensor
    """What of a gradient goes into the velocity: all of the first, then `later_gain`."""
    later_gain: Tensor
    """1 - dampening"""
    decay: Tensor

    def values(self) -> list[Tensor]:
        return [getattr(self, field.name) for field in fields(self)]

    def moving(self) -> list[Tensor]:
        """What iterations change, in the order of `MOVING`."""
        return [getattr(self, name) for name in MOVING]

    def part(self, run: int) -> "_Tensors":
        """Views of one of the runs."""
        return _Tensors(*(value[run : run + 1] for value in self.values()))


class Gram:
    """One run, or several of one kind side by side, each with the losses that it has alone. Its
    methods are called with gradients off."""

    def __init__(self, tensors: _Tensors, relu: Relu, kind: Kind) -> None:
        self.tensors = tensors
        self.relu = relu
        self._cut = cut_of(relu, tensors.s.dtype)
        self.kind = kind
        self._h = tensors.h0
        self._gradients: tuple[Tensor, Tensor] | None = None

    @property
    def has_gradients(self) -> bool:
        """Whether there was a pass, and so an update."""
        return self._gradients is not None

    def forward(self) -> Tensor:
        """The losses of the weights as they are, (runs,), and their gradients for the update."""
        t = self.tensors
        h0 = t.a * t.h0 if self.kind.decay else t.h0
        self._h = torch.baddbmm(h0, t.gram, t.s)
        bent = self._bend(self._h)
        error = torch.bmm(bent.value, t.w2).sub_(t.y)
        losses = error.square().sum((1, 2))
        by_y = error.add_(error)
        by_h = bent.pull(torch.bmm(by_y, t.w2.transpose(1, 2)))
        self._gradients = (by_h, torch.bmm(bent.value.transpose(1, 2), by_y))
        return losses

    def _bend(self, h: Tensor) -> Bent | Cut:
        return Bent(self.relu, h) if self._cut is None else Cut(self.relu, h, self._cut)

    def update(self) -> None:
        """Move s, w2 and, with weight decay, a by the gradients of the last pass."""
        assert self._gradients is not None
        t, kind = self.tensors, self.kind
        by_s, by_w2 = self._gradients
        moves = [
            (t.s, by_s, t.s_velocity, t.minus_rate_w1),
            (t.w2, by_w2, t.w2_velocity, t.minus_rate_w2),
        ]
        if kind.decay:
            moves.append((t.a, torch.zeros_like(t.a), t.a_velocity, t.minus_rate_w1))
        for weight, gradient, velocity, minus_rate in moves:
            step = torch.addcmul(gradient, weight, t.decay) if kind.decay else gradient
            if kind.momentum:
                velocity.mul_(t.momentum).addcmul_(step, t.gain)
                step = torch.addcmul(step, velocity, t.momentum) if kind.nesterov else velocity
            weight.addcmul_(step, minus_rate)
        if kind.momentum and kind.dampening:
            t.gain.copy_(t.later_gain)

    def are_finite(self) -> list[bool]:
        """Of each run, whether all that decides its weights is finite."""
        t = self.tensors
        sums = t.s.sum((1, 2)) + t.w2.sum((1, 2)) + t.a.sum((1, 2))
        return [
            finite or all(bool(m[run].isfinite().all()) for m in (t.s, t.w2, t.a))
            for run, finite in enumerate(sums.isfinite().tolist())
        ]

    def norm_of_last(self, place: int = 0) -> Callable[[], float]:
        """What gives the norm of a run's whole gradient in the last pass, when it is asked."""
        assert self._gradients is not None
        by_s, by_w2 = self._gradients
        one, gram = slice(place, place + 1), self.tensors.gram
        return lambda: float(torch.stack(_gradient_norms(gram[one], by_s[one], by_w2[one])).norm())

    def diagnose(self, places: Sequence[int]) -> Tensor:
        """Counts and norms of the last pass, before its update, of the runs at these places, in
        order: (places, channels), float64."""
        size = DIAGNOSED_AT_ONCE if self.tensors.s.device.type == "cpu" else len(places)
        pieces = [places[at : at + size] for at in range(0, len(places), size)]
        return torch.cat([self._diagnose(piece) for piece in pieces])

    def _diagnose(self, places: Sequence[int]) -> Tensor:
        assert self._gradients is not None
        t, whole = self.tensors, (self._h, *self._gradients)
        of = (*whole, t.gram, t.h0, t.square0, t.s, t.w2, t.a)
        h, by_s, by_w2, gram, h0, square0, s, w2, a = (_rows(value, places) for value in of)
        # |w1|^2 with w1 = a w1_0 + x^T s, where x x^T s is h - a h0
        squares = a.double().square().sum((1, 2)) * square0
        squares += _dot(s.double(), h.double() + (a * h0).double())
        measured = [*_gradient_norms(gram, by_s, by_w2), squares.sqrt(), _norms(w2)]
        return torch.cat([counts(h), torch.stack(measured)]).t()

    def save(self) -> Callable[[int], None]:
        """Gives what brings one of the runs back to this point, once."""
        moving = self.tensors.moving()
        saved = [value.clone() for value in moving]

        def restore(place: int) -> None:
            for value, kept in zip(moving, saved, strict=True):
                value[place].copy_(kept[place])

        return restore


def _rows(value: Tensor, places: Sequence[int]) -> Tensor:
    """Of some runs: a view where they lie side by side."""
    first, last = places[0], places[-1]
    if last - first == len(places) - 1:
        return value[first : last + 1]
    return torch.cat([value[place : place + 1] for place in places])


def _gradient_norms(gram: Tensor, by_s: Tensor, by_w2: Tensor) -> tuple[Tensor, Tensor]:
    """Of the gradients by w1 and by w2, each (runs,), float64: |x^T g|^2 is <g, x x^T g>."""
    through_x = torch.bmm(gram, by_s).double()
    return _dot(by_s.double(), through_x).sqrt(), _norms(by_w2)


def _dot(left: Tensor, right: Tensor) -> Tensor:
    return (left * right).sum((1, 2))


def _norms(matrices: Tensor) -> Tensor:
    return matrices.double().square().sum((1, 2)).sqrt()


class GramRun(Gram):
    """One run in the Gram form: made of a problem, changed by a rule, turned back into weights."""

    def __init__(self, problem: Problem, relu: Relu, rule: Rule) -> None:
        """Raises ValueError where the rule's step is not linear."""
        self._x, self._w1 = problem.x, problem.w1
        self.from_seed = True
        """Whether the problem is the seed's, and so w1_0 can be drawn again."""
        super().__init__(_begin(problem, _linear(rule)), _for_many(relu), _kind(relu, rule))
        self._joint: Gram | None = None
        self.place = 0
        self._moves = False
        """Whether there was a velocity before the last change: only the first is undampened."""

    @property
    def joint(self) -> Gram:
        """Those that it shares tensors with, as one; or itself. A run that held itself would be freed
        by the collector alone, and its tensors with it."""
        return self._joint or self

    @property
    def company(self) -> Hashable:
        """Runs for which this is equal can be iterated together; None for one that stays alone."""
        s, w2 = self.tensors.s, self.tensors.w2
        n, hidden, d_out = *s.shape[1:], w2.shape[2]
        if not self.relu.elementwise or n * (n + hidden + d_out) > MAX_SIZE_IN_COMPANY:
            return None
        if not _company_keeps_bits(n, hidden, d_out, s.dtype, s.device):
            return None
        return self.kind, n, hidden, d_out, s.dtype, s.device

    def change(self, rule: Rule) -> None:
        """Go on with other hyperparameters; the velocities stay."""
        self.leave()
        t, kind = self.tensors, _kind(self.relu, rule)
        self._moves = self._moves or (self.kind.momentum and self.has_gradients)
        self.kind = replace(kind, decay=kind.decay or self.kind.decay)
        for name, value in _coefficients(_linear(rule)).items():
            getattr(t, name).fill_(value)
        if self._moves:
            t.gain.copy_(t.later_gain)
        self._gradients = None

    def switch(self, relu: Relu, rule: Rule, *, remembers: bool) -> None:
        """Go on with another ReLU and another rule; the velocities stay where `remembers`, else
        begin anew.

        Raises ValueError where the rule's step is not linear.
        """
        _linear(rule)
        self.relu, self._cut = _for_many(relu), cut_of(relu, self.tensors.s.dtype)
        self.change(rule)
        if not remembers:
            t = self.tensors
            for velocity in (t.s_velocity, t.w2_velocity, t.a_velocity):
                velocity.zero_()
            t.gain.fill_(1)
            self._moves = False

    def kept(self) -> tuple[dict[str, Tensor], dict[str, bool]]:
        """As `Network.kept`; copies where it shares a company's tensors, which it does not leave."""
        values = self.tensors.moving()
        if self.joint is not self:
            values = [value.clone() for value in values]
        tensors = dict(zip(MOVING, values, strict=True))
        if not self.from_seed:
            tensors["w1_0"] = self._w1
        moves = self._moves or (self.kind.momentum and self.joint.has_gradients)
        return tensors, {"from_seed": self.from_seed, "moves": moves, "decays": self.kind.decay}

    def resume(self, tensors: Mapping[str, Tensor], facts: Mapping[str, bool]) -> None:
        """Come to where `kept` was asked, from the same problem."""
        for name, value in zip(MOVING, self.tensors.moving(), strict=True):
            value.copy_(tensors[name])
        self.from_seed, self._moves = facts["from_seed"], facts["moves"]
        self.kind = replace(self.kind, decay=facts["decays"])

    @torch.no_grad()
    def leave(self) -> None:
        """Have tensors of its own again, where it shares a company's: a view would keep those of
        all, and begin in its memory where a product's sums may go in another order."""
        if self.joint is not self:
            self._moves = self._moves or (self.kind.momentum and self.joint.has_gradients)
            self.tensors = _Tensors(*(value.clone() for value in self.tensors.values()))
            self._joint, self.place = None, 0
            self._gradients = None

    @torch.no_grad()
    def weights(self) -> tuple[Tensor, Tensor]:
        """w1 (d_in, hidden) and w2 (hidden, d_out), as they are now."""
        part = self.tensors
        return part.a[0] * self._w1 + self._x.t().mm(part.s[0]), part.w2[0]

    @staticmethod
    def together(runs: Sequence["GramRun"]) -> Gram:
        """These runs, all of one company, as one. From then on they share its tensors, so that an
        iteration of either is one of the other."""
        first = runs[0]
        if len(runs) == 1:
            first.leave()
            return first
        joint = first.joint
        if (
            joint is first
            or len(joint.tensors.a) != len(runs)
            or any(run.joint is not joint or run.place != place for place, run in enumerate(runs))
        ):
            pieces = zip(*(run.tensors.values() for run in runs), strict=True)
            joint = Gram(_Tensors(*map(torch.cat, pieces)), first.relu, first.kind)
            for place, run in enumerate(runs):
                run.tensors = joint.tensors.part(place)
                run._joint, run.place = joint, place  # noqa: SLF001
        return joint


@cache
@torch.no_grad()
def _company_keeps_bits(
    n: int, hidden: int, d_out: int, dtype: torch.dtype, device: torch.device
) -> bool:
    """Whether runs of this shape have the same bits alone and in company.

    They have where torch multiplies one matrix as it does each of many, and that is not so at every
    shape: of those with a single row or column, some are another function's.
    """
    rule = Sgd(momentum=0.9, nesterov=True, weight_decay=0.1)
    generator = torch.Generator().manual_seed(0)
    shapes = ((n, n), (n, d_out), (n, hidden), (hidden, d_out))

    def some() -> list[GramRun]:
        generator.manual_seed(0)
        problems = [
            Problem(*(torch.randn(s, generator=generator, dtype=dtype).to(device) for s in shapes))
            for _ in range(TRIAL_COMPANY)
        ]
        return [GramRun(problem, RELUS["clamp"], rule) for problem in problems]

    alone, together = some(), some()
    company = GramRun.together(together)
    for _ in range(TRIAL_ITERATIONS):
        found = company.forward()
        company.update()
        for loss, h, run in zip(found, company._h, alone, strict=True):  # noqa: SLF001
            if loss != run.forward() or not torch.equal(h, run._h[0]):  # noqa: SLF001
                return False
            run.update()
    return all(
        torch.equal(ours, theirs)
        for a, b in zip(alone, together, strict=True)
        for ours, theirs in zip(a.tensors.moving(), b.tensors.moving(), strict=True)
    )


def _linear(rule: Rule) -> Linear:
    linear = rule.linear()
    if linear is None:
        raise ValueError(f"the step of {rule.rule} is not linear in the gradient")
    return linear


def _kind(relu: Relu, rule: Rule) -> Kind:
    step = _linear(rule)
    momentum, decay = step.momentum != 0, step.weight_decay != 0
    return Kind(relu.name, momentum, step.dampening != 0, step.nesterov, decay)


def _coefficients(step: Linear) -> dict[str, float]:
    return {
        "minus_rate_w1": -step.rate_w1,
        "minus_rate_w2": -step.rate_w2,
        "momentum": step.momentum,
        "later_gain": 1 - step.dampening,
        "decay": step.weight_decay,
    }


def _begin(problem: Problem, step: Linear) -> _Tensors:
    x, w1, w2 = problem.x, problem.w1, problem.w2.clone()
    h0 = x.mm(w1)
    one = x.new_ones(1, 1, 1)
    return _Tensors(
        gram=x.mm(x.t())[None],
        h0=h0[None],
        y=problem.y[None],
        square0=norms([w1]).square(),
        s=torch.zeros_like(h0)[None],
        w2=w2[None],
        a=one.clone(),
        s_velocity=torch.zeros_like(h0)[None],
        w2_velocity=torch.zeros_like(w2)[None],
        a_velocity=torch.zeros_like(one),
        gain=one.clone(),
        **{name: one * value for name, value in _coefficients(step).items()},
    )


@cache
def _for_many(relu: Relu) -> Relu:
    """`relu` for h with a dimension for the runs; one that is not elementwise gets h as it knows
    it, (n, hidden)."""
    if relu.elementwise:
        return relu
    return replace(relu, apply=lambda h: relu.apply(h.squeeze(0)).unsqueeze(0))
