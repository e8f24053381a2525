"""Network: one run's weights, moved by a gradient and a rule."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from .diagnostics import counts, norms
from .gradients import Autograd, ClosedForm, Pass
from .problem import Problem
from .relus import Relu
from .rules import Rule, State, Step

PASSES: dict[str, Callable[[Problem, Relu], Callable[[], Pass]]] = {
    "autograd": Autograd,
    "closed_form": ClosedForm,
}

NAMES = ("w1", "w2")
"""What the weights are called where something of theirs is kept by name."""


class Network:
    """relu(x w1) w2, to be trained on y. Its methods are called with gradients off."""

    company = None
    """As `GramRun` has it: there is none."""

    def __init__(self, problem: Problem, relu: Relu, gradients: str, rule: Rule) -> None:
        """`gradients` is a key of `PASSES`."""
        self._weights = [problem.w1, problem.w2]
        self._pass = PASSES[gradients](problem, relu)
        self._state: list[State] = [{}, {}]
        self._rule = rule
        self._step: Step | None = None
        self._last: Pass | None = None

    def forward(self) -> Tensor:
        """The loss of the weights as they are, 0-d, and its gradient for the update to come."""
        self._last = None  # so that this pass's gradients come to lie in the last's place, in cache
        self._last = self._pass()
        return self._last.loss

    def update(self) -> None:
        """Move the weights by the gradient of the last pass."""
        assert self._last is not None
        if self._step is None:
            self._step = self._rule.begin(self._weights, self._state)
        self._step(self._last.gradients)

    def change(self, rule: Rule) -> None:
        """Go on with other hyperparameters; what the rule remembers stays."""
        self._rule, self._step = rule, None

    @property
    def state(self) -> list[State]:
        """What the rule remembers: one dict for each weight."""
        return self._state

    def remember(self, state: list[State]) -> None:
        """Have this be what the rule remembers. It is taken over, not copied."""
        self._state, self._step = state, None

    def weights(self) -> tuple[Tensor, Tensor]:
        """w1 (d_in, hidden) and w2 (hidden, d_out), as they are now."""
        w1, w2 = self._weights
        return w1.detach(), w2.detach()

    def are_finite(self) -> list[bool]:
        """Whether every weight is, of this one run. The sum of a matrix is nearly always as good as
        a look at each of its values, and costs a fortieth."""
        return [all(bool(w.sum().isfinite()) or bool(w.isfinite().all()) for w in self._weights)]

    def norm_of_last(self, place: int = 0) -> Callable[[], float]:  # noqa: ARG002 - as Gram has it
        """What gives the norm of the loss's whole gradient in the last pass, when it is asked."""
        assert self._last is not None
        gradients = self._last.gradients
        return lambda: float(norms(gradients).norm())

    def diagnose(self, _places: Sequence[int]) -> Tensor:
        """As `Gram.diagnose`; there is one run."""
        assert self._last is not None
        measured = norms([*self._last.gradients, *self._weights])
        return torch.cat([counts(self._last.h), measured])[None]

    def save(self) -> Callable[[int], None]:
        """Gives what comes back to this point, once; its argument is 0, as there is one run."""
        weights = [weight.detach().clone() for weight in self._weights]
        state = [{name: value.clone() for name, value in own.items()} for own in self._state]

        def restore(_place: int) -> None:
            for weight, kept in zip(self._weights, weights, strict=True):
                weight.copy_(kept)
            for own, kept_state in zip(self._state, state, strict=True):
                own.clear()
                own.update(kept_state)
            self._step = None  # it may hold what the state was made of

        return restore

    def kept(self) -> tuple[dict[str, Tensor], dict[str, bool]]:
        """What decides all further losses, beside the spec: tensors by name, which move with the
        next update, and facts."""
        tensors = dict(zip(NAMES, self.weights(), strict=True))
        for weight, own in zip(NAMES, self._state, strict=True):
            tensors |= {f"{weight}.{name}": value for name, value in own.items()}
        return tensors, {}

    def resume(self, tensors: Mapping[str, Tensor], _facts: Mapping[str, bool]) -> None:
        """Remember what `kept` gave; the weights are those of the problem."""
        state: list[State] = [{}, {}]
        for name, value in tensors.items():
            weight, dot, own = name.partition(".")
            if dot and weight in NAMES:
                state[NAMES.index(weight)][own] = value
        self.remember(state)
