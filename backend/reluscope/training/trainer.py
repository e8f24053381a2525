"""Trainer: the loop over one run's iterations, and what it watches for."""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..numbers import tell
from .change import check_change
from .checkpoint import Checkpoint, read, write
from .diagnostics import CHANNELS, channels
from .gram import Gram, GramRun
from .network import Network
from .networks import begin, go_on, resume
from .problem import Problem, draw
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
        norm = self.gradient_norm
        told = f"{norm:.6g}" if math.isfinite(norm) else tell(norm)
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
    error: BaseException | None = None
    """What the iteration after these raised, if it did."""


class Trainer:
    """Trains the network that a spec describes. One thread at a time may use it."""

    def __init__(
        self, spec: RunSpec, made: tuple[Network | GramRun, Problem] | None = None
    ) -> None:
        """Draw the problem and put it on the spec's device; or have what was `made` already: a
        network that trains by the spec, and its problem.

        Raises RuntimeError (torch.OutOfMemoryError on CUDA) where it does not fit in memory, and
        ValueError where the ReLU does not do what one must.
        """
        if made is None:
            problem = draw(spec)
            made = begin(spec, problem), problem
        network, problem = made
        self.spec = spec
        """What is in force."""
        self.network = network
        self._data = (problem.x, problem.y)
        self.company: Hashable = network.company
        """Trainers for which this is equal may advance together; None for one that goes alone."""
        self.layer = (spec.n, spec.hidden)
        self.stride = spec.diagnostics_every
        self.watchful = True
        self.last: Last | None = None
        self.iteration = 0
        """Iterations done."""

    def change(self, spec: RunSpec) -> None:
        """Go on by another spec, which poses the same problem, from the weights that are there.

        What the rule remembers stays where it is the same rule, with its `fixed` hyperparameters as
        they were, and neither way to the gradient is gram or both are; else it begins anew. Where
        `on_nonfinite` becomes another, it watches again.

        Raises InvalidFields where the spec poses another problem, and ValueError as one that begins
        does; then it goes on as it was.
        """
        check_change(self.spec, spec)
        self.leave()
        self.network = go_on(self.network, self.spec, spec, self._data)
        self.company = self.network.company
        self.watchful = self.watchful or spec.on_nonfinite != self.spec.on_nonfinite
        self.spec = spec

    @property
    def _goes_on(self) -> bool:
        return self.spec.on_nonfinite == "continue"

    @torch.no_grad()
    def checkpoint(self) -> bytes:
        """All that decides its further losses, for `restore`. It goes on as if it were not asked."""
        tensors, facts = self.network.kept()
        last = self.last and (self.last.loss, self.last.gradient_norm())
        return write(Checkpoint(self.spec, self.iteration, self.watchful, last, facts, tensors))

    @classmethod
    @torch.no_grad()
    def restore(cls, data: bytes) -> "Trainer":
        """The trainer that gave `data` by `checkpoint`: its losses from there on are the same, bit
        for bit, with the same torch on the same machine.

        Raises ValueError where `data` is no checkpoint, is cut short or does not fit, where its
        device is not here, or its ReLU does not do what one must; and RuntimeError as a trainer
        that begins does.
        """
        found = read(data)
        try:
            made = resume(found.spec, found.tensors, found.facts)
        except (ValueError, KeyError) as error:
            raise ValueError(f"this checkpoint does not fit: {error}") from error
        trainer = cls(found.spec, made)
        trainer.iteration, trainer.watchful = found.iteration, found.watchful
        if found.last is not None:
            loss, norm = found.last
            trainer.last = Last(loss, lambda: norm)
        return trainer

    def weights(self) -> tuple[Tensor, Tensor]:
        """w1 (d_in, hidden) and w2 (hidden, d_out), as they are now."""
        return self.network.weights()

    @torch.no_grad()
    def leave(self) -> None:
        """Keep nothing of a company that it was in, until it advances in one again."""
        if isinstance(self.network, GramRun) and self.network.joint is not self.network:
            self.network.leave()
            if self.last is not None:
                norm = self.last.gradient_norm()
                self.last = Last(self.last.loss, lambda: norm)

    def advance(self, count: int) -> Advance:
        """Train `count` iterations, or up to the first that is not finite.

        The loss of an iteration is the squared error before its update:
        sum((relu(x w1) w2 - y)^2). At the first loss or weight that is not finite it stops, with
        the weights as that iteration leaves them; where the spec says `continue` it tells of it
        and goes on. It does so once: who lets it go on after that has been told.
        """
        return advance([self], count)[0]

    def retrace(self, count: int, error: BaseException | None = None) -> Advance:
        """Train again what went wrong, looking at each iteration: up to the first that is not
        finite, or that raises. `error`: what was raised the first time, and may not be again.

        Raises that error where no iteration comes before it.
        """
        self.leave()
        found: Nonfinite | None = None
        pieces: list[Advance] = []
        while len(pieces) < count and (found is None or self._goes_on):
            before, restore = self.last, self.network.save()
            try:
                pieces += _train(self.network, [self], 1)
            except BaseException as raised:
                restore(0)
                if not pieces:
                    raise
                error = raised
                break
            if self.watchful:
                found = self._nonfinite(before, float(pieces[-1].losses[0]))
                self.watchful = found is None
        return Advance(
            np.concatenate([piece.losses for piece in pieces]),
            np.concatenate([piece.diagnostics for piece in pieces]),
            found,
            error if found is None or self._goes_on else None,
        )

    def _nonfinite(self, before: Last | None, loss: float) -> Nonfinite | None:
        """What is not finite in the iteration that was trained last, which had this loss."""
        iteration = self.iteration - 1
        if not np.isfinite(loss):
            return Nonfinite.after(before, iteration, "loss", loss)
        if not self.network.are_finite()[0]:
            return Nonfinite.after(self.last, iteration, "weights", loss)
        return None


@torch.no_grad()
def advance(trainers: Sequence[Trainer], count: int) -> list[Advance]:
    """`Trainer.advance` for each of some trainers of one company, side by side.

    That they trained at all was right only if all stayed finite; so a place is kept to come back
    to, which costs a copy of what moves, where to look at each iteration would cost a twentieth of
    it. Where the ReLU of one raises, all are back there: alone, the others may go on, and that one
    has the iterations before.
    """
    network = _together([trainer.network for trainer in trainers])
    restore = network.save()
    before = [trainer.last for trainer in trainers]
    begun: list[Tensor] = []
    try:
        results = _train(network, trainers, count, begun)
    except BaseException as error:
        for place, trainer in enumerate(trainers):
            restore(place)
            trainer.leave()
            trainer.last = before[place]
        if len(trainers) > 1 or not begun:
            raise
        return [trainers[0].retrace(len(begun), error)]
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


def _train(
    network: Network | Gram,
    trainers: Sequence[Trainer],
    count: int,
    losses: list[Tensor] | None = None,
) -> list[Advance]:
    """Train, and look at nothing. Losses and diagnostics stay on the device until all are there, so
    that a CUDA device is waited for once a call and not once an iteration. `losses`: an empty list,
    which tells how far it has come where something raises."""
    losses = [] if losses is None else losses
    rows: list[Tensor] = []
    due = _due(trainers, count)
    for at in range(count):
        losses.append(network.forward())
        if at in due:
            rows.append(network.diagnose(due[at]))
        network.update()
    curves = torch.stack(losses).double().cpu().numpy().reshape(count, len(trainers))
    table = torch.cat(rows).cpu().numpy() if rows else np.empty((0, len(CHANNELS)))
    owners = np.array([place for places in due.values() for place in places])
    results = []
    for place, trainer in enumerate(trainers):
        rows_here = channels(table[owners == place], *trainer.layer)
        result = Advance(np.ascontiguousarray(curves[:, place]), rows_here)
        results.append(result)
        trainer.iteration += count
        trainer.last = Last(float(result.losses[-1]), network.norm_of_last(place))
    return results


def _due(trainers: Sequence[Trainer], count: int) -> dict[int, list[int]]:
    """When, from now on, diagnostics are due, in order, and for which of the trainers, in order."""
    due: dict[int, list[int]] = {}
    for place, trainer in enumerate(trainers):
        if trainer.stride:
            for at in range(-trainer.iteration % trainer.stride, count, trainer.stride):
                due.setdefault(at, []).append(place)
    return dict(sorted(due.items()))
