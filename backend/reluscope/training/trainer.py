"""Trainer: the loop over one run's iterations, and what it watches for."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..numbers import tell
from .cuda import CapturedNetwork, can_be_recorded
from .diagnostics import CHANNELS, channels
from .gram import Gram, GramRun
from .network import Network
from .problem import draw
from .relus import RELUS, check
from .rules import Rule
from .spec import RunSpec


class Last(NamedTuple):
    """The last iteration that was trained."""

    loss: float
    gradient_norm: Callable[[], float]


@dataclass(frozen=True)
class Nonfinite:
    """The first iteration with a loss, or a weight after its update, that is not finite."""

    iteration: int
    what: Literal["loss", "weights"]
    loss: float
    """Of that iteration."""
    last_loss: float | None
    """The last that was finite; None where none was."""
    gradient_norm: float | None
    """Of the iteration that had the last finite loss; None where none had."""

    @staticmethod
    def after(
        last: Last | None, iteration: int, what: Literal["loss", "weights"], loss: float
    ) -> "Nonfinite":
        """`last`: the iteration with the last finite loss."""
        if last is None:
            return Nonfinite(iteration, what, loss, None, None)
        return Nonfinite(iteration, what, loss, last.loss, last.gradient_norm())

    def __str__(self) -> str:
        if self.what == "loss":
            said = f"the loss of iteration {self.iteration} is {tell(self.loss)}"
        else:
            said = f"a weight is not finite after the update of iteration {self.iteration}"
        if self.last_loss is None or self.gradient_norm is None:
            return f"{said}; no loss before it was finite"
        norm = tell(self.gradient_norm)
        told = norm if isinstance(norm, str) else f"{norm:.6g}"
        return (
            f"{said}; the last finite loss was {self.last_loss:.6g}, with a gradient of norm {told}"
        )


@dataclass(frozen=True)
class Advance:
    """What a run came to in some iterations."""

    losses: NDArray[np.float64]
    """One for each iteration, (iterations,)."""
    diagnostics: NDArray[np.float64]
    """One row for each iteration that was due for them, (rows, channels)."""
    nonfinite: Nonfinite | None = None
    """What was met, if it was, for the first time."""


class Trainer:
    """Trains the network that a spec describes. One thread at a time may use it."""

    def __init__(self, spec: RunSpec) -> None:
        """Draw the problem and put it on the spec's device.

        Raises RuntimeError (torch.OutOfMemoryError on CUDA) where it does not fit in memory, and
        ValueError where the ReLU does not do what one must.
        """
        problem, relu = draw(spec), RELUS[spec.relu]
        check(relu, problem.x[:1].mm(problem.w1))
        self.network: Network | GramRun
        if spec.gradients == "gram":
            self.network = GramRun(problem, relu, spec.update)
        elif can_be_recorded(spec.device, spec.update):
            self.network = CapturedNetwork(problem, relu, spec.gradients, spec.update)
        else:
            self.network = Network(problem, relu, spec.gradients, spec.update)
        self.company: Hashable = self.network.company
        """Trainers for which this is equal may advance together; None for one that goes alone."""
        self.layer = (spec.n, spec.hidden)
        self.stride = spec.diagnostics_every
        self._goes_on = spec.on_nonfinite == "continue"
        self.watchful = True
        self.last: Last | None = None
        self.iteration = 0
        """Iterations done."""

    def change(self, rule: Rule) -> None:
        """Go on with other hyperparameters of the same rule; what the rule remembers stays."""
        self.network.change(rule)
        self.company = self.network.company

    def weights(self) -> tuple[Tensor, Tensor]:
        """w1 (d_in, hidden) and w2 (hidden, d_out), as they are now."""
        return self.network.weights()

    def advance(self, count: int) -> Advance:
        """Train `count` iterations, or up to the first that is not finite.

        The loss of an iteration is the squared error before its update:
        sum((relu(x w1) w2 - y)^2). At the first loss or weight that is not finite it stops, with
        the weights as that iteration leaves them; where the spec says `continue` it tells of it
        and goes on. It does so once: who lets it go on after that has been told.
        """
        return advance([self], count)[0]

    def retrace(self, count: int) -> Advance:
        """Train up to the first iteration that is not finite, looking at each."""
        found: Nonfinite | None = None
        pieces: list[Advance] = []
        while found is None and len(pieces) < count:
            before = self.last
            pieces += _train(self.network, [self], 1)
            iteration, loss = self.iteration - 1, float(pieces[-1].losses[0])
            if not np.isfinite(loss):
                found = Nonfinite.after(before, iteration, "loss", loss)
            elif not self.network.are_finite()[0]:
                found = Nonfinite.after(self.last, iteration, "weights", loss)
        if found is not None:
            self.watchful = False
            if self._goes_on and len(pieces) < count:
                pieces += _train(self.network, [self], count - len(pieces))
        return Advance(
            np.concatenate([piece.losses for piece in pieces]),
            np.concatenate([piece.diagnostics for piece in pieces]),
            found,
        )


@torch.no_grad()
def advance(trainers: Sequence[Trainer], count: int) -> list[Advance]:
    """`Trainer.advance` for each of some trainers of one company, side by side.

    That they trained at all was right only if all stayed finite; so a place is kept to come back
    to, which costs a copy of what moves, where to look at each iteration would cost a twentieth of
    it.
    """
    network = _together([trainer.network for trainer in trainers])
    if not any(trainer.watchful for trainer in trainers):
        return _train(network, trainers, count)
    restore = network.save()
    before = [trainer.last for trainer in trainers]
    results = _train(network, trainers, count)
    finite = network.are_finite()
    for place, trainer in enumerate(trainers):
        good = finite[place] and bool(np.isfinite(results[place].losses).all())
        if trainer.watchful and not good:
            restore(place)
            trainer.iteration -= count
            trainer.last = before[place]
            results[place] = trainer.retrace(count)
    return results


def _together(networks: Sequence[Network | GramRun]) -> Network | Gram:
    if len(networks) == 1:
        return networks[0]
    return GramRun.together([network for network in networks if isinstance(network, GramRun)])


def _train(network: Network | Gram, trainers: Sequence[Trainer], count: int) -> list[Advance]:
    """Train, and look at nothing. Losses and diagnostics stay on the device until all are there, so
    that a CUDA device is waited for once a call and not once an iteration."""
    losses: list[Tensor] = []
    rows: list[Tensor] = []
    due = _due(trainers, count)
    for at in range(count):
        losses.append(network.forward())
        if at in due:
            rows.append(network.diagnose())
        network.update()
    curves = torch.stack(losses).double().cpu().numpy().reshape(count, len(trainers))
    table = torch.stack(rows).cpu().numpy() if rows else np.empty((0, len(trainers), len(CHANNELS)))
    results = []
    for place, trainer in enumerate(trainers):
        mine = [row for row, at in enumerate(due) if place in due[at]]
        rows_here = channels(table[mine, place], *trainer.layer)
        result = Advance(np.ascontiguousarray(curves[:, place]), rows_here)
        results.append(result)
        trainer.iteration += count
        trainer.last = Last(float(result.losses[-1]), network.norm_of_last(place))
    return results


def _due(trainers: Sequence[Trainer], count: int) -> dict[int, set[int]]:
    """When, from now on, diagnostics are due, in order, and for which of the trainers."""
    due: dict[int, set[int]] = {}
    for place, trainer in enumerate(trainers):
        if trainer.stride:
            for at in range(-trainer.iteration % trainer.stride, count, trainer.stride):
                due.setdefault(at, set()).add(place)
    return dict(sorted(due.items()))
