"""Trainers: those of the runs of one round, and what comes of their turns.

Nothing here is done under the book's lock: a run belongs to the worker whose turn it is in, or, at
rest, to whoever has the lock.
"""

import logging
import time
from collections.abc import Callable, Hashable

from ..training.change import Change
from ..training.devices import environment
from ..training.rules import Rule
from ..training.trainer import Advance, Nonfinite, Trainer, advance
from .run import Checkpoint, Run
from .states import Outcome

logger = logging.getLogger(__name__)


class Trainers:
    """By the runs' ids."""

    def __init__(self, checkpoint: Callable[[Run], Checkpoint | None], *, saves: bool) -> None:
        """`checkpoint` gives that of a run, where it has one; `saves`: whether new ones are made."""
        self._checkpoint = checkpoint
        self._saves = saves
        self._trainers: dict[str, Trainer] = {}

    def company(self, run: Run) -> Hashable:
        """For which runs it is equal, those may share a turn; None for one that goes alone."""
        trainer = self._trainers.get(run.id)
        return trainer.company if trainer and run.spec.pace is None else None

    def drop(self, run: Run) -> None:
        """`run` will not be trained any more."""
        self._trainers.pop(run.id, None)
        run.plan.clear()

    def leave(self, run: Run) -> None:
        """`run` gets no turns for now: let go of what it shares with others."""
        if trainer := self._trainers.get(run.id):
            trainer.leave()

    def train(self, runs: list[Run], count: int) -> list[Outcome | None]:
        """A turn of so many iterations for runs that share it, the first of which builds a trainer: what
        is trained is recorded, and saved where that is due. Gives where each goes then."""
        try:
            trainers = [self._trainers.get(run.id) or self._begin(run) for run in runs]
            began = time.perf_counter()
            results = advance(trainers, count)
        except BaseException as error:  # noqa: BLE001 - somebody's ReLU must not end the worker
            if len(runs) == 1:
                return [_failure(runs[0], error)]
            return [outcome for run in runs for outcome in self.train([run], count)]
        turn_s = (time.perf_counter() - began) / len(runs)
        outcomes = []
        for run, trainer, result in zip(runs, trainers, results, strict=True):
            run.turn.iteration_s = turn_s / count
            run.saving.trained_s += turn_s
            try:
                outcomes.append(self._record(run, trainer, result))
            except BaseException as error:  # noqa: BLE001 - as above
                outcomes.append(_failure(run, error))
        return outcomes

    def _record(self, run: Run, trainer: Trainer, result: Advance) -> Outcome | None:
        """Take in what came of a turn, and prepare `run` for the next."""
        run.record(result.losses, result.diagnostics)
        run.turn.done = len(result.losses)
        if result.error:
            return _failure(run, result.error)
        outcome = _outcome(run, result.nonfinite, trainer.spec.on_nonfinite)
        if result.nonfinite and outcome is None and trainer.spec.on_nonfinite == "stop":
            trainer.watchful = True  # that was where the run stopped whose past it shares
        if run.trained < run.spec.iterations and (outcome is None or outcome[0] == "paused"):
            _change_as_planned(run, trainer)
            if outcome is None and self._saves and run.saving.is_due(time.monotonic()):
                self._save(run, trainer)  # at a pause later, when it has been told
        return outcome

    def _begin(self, run: Run) -> Trainer:
        """The trainer of `run`: from a checkpoint where it has one, else from the start."""
        first, changes = run.orders()
        trainer = self._restored(run) or Trainer(first)
        run.trained = trainer.iteration
        before = [change.spec for change in changes if change.iteration < trainer.iteration]
        in_force = before[-1] if before else first
        if trainer.spec.on_nonfinite != in_force.on_nonfinite:  # the checkpoint is another run's
            trainer.change(in_force)
        run.plan = [change for change in changes if change.iteration >= trainer.iteration]
        _change_as_planned(run, trainer)
        run.saving.at = time.monotonic()
        run.saving.iteration = trainer.iteration or None
        _note_environment(run)
        self._trainers[run.id] = trainer
        return trainer

    def _restored(self, run: Run) -> Trainer | None:
        checkpoint = self._checkpoint(run) if run.iteration else None
        if checkpoint is None:
            return None
        try:
            trainer = Trainer.restore(checkpoint.data)
        except ValueError as error:
            logger.warning("the checkpoint of run %s is of no use: %s", run.id, error)
            return None
        return trainer if trainer.iteration <= run.iteration else None

    def is_unsaved(self, run: Run) -> bool:
        """Whether `run` has trained since its last checkpoint, and could have another."""
        there = self._saves and run.id in self._trainers
        return there and run.saving.iteration != run.trained

    def save(self, run: Run) -> None:
        """Make a checkpoint of `run`. What cannot be saved can be trained again."""
        try:
            self._save(run, self._trainers[run.id])
        except Exception:
            logger.exception("run %s could not be saved", run.id)
            run.saving.done(run.trained, 0.0, 0.0)

    def _save(self, run: Run, trainer: Trainer) -> None:
        began = time.monotonic()
        run.checkpoint = Checkpoint(run.trained, trainer.checkpoint())
        run.saving.done(run.trained, began, time.monotonic())

    def change(self, run: Run, update: Rule) -> None:
        """Have `run` go on with these hyperparameters."""
        run.change(update=update)
        if trainer := self._trainers.get(run.id):
            if run.trained == run.front:
                trainer.change(run.spec)
            else:
                run.plan.append(Change(run.front, run.spec))


def _change_as_planned(run: Run, trainer: Trainer) -> None:
    while run.plan and run.plan[0].iteration <= run.trained:
        trainer.change(run.plan.pop(0).spec)


def _note_environment(run: Run) -> None:
    """Note where `run` trains, and tell where that is another place than before."""
    before, now = run.environment, environment(run.spec.device)
    run.environment = now
    if before is not None and run.iteration and before != now:
        names = [name for name in before.keys() | now.keys() if before.get(name) != now.get(name)]
        changes = {f"environment.{n}": [before.get(n), now.get(n)] for n in sorted(names)}
        run.tell("changed", "it goes on in another environment", changes=changes)
    run.version += 1


def _failure(run: Run, error: BaseException) -> Outcome:
    """That `run` has failed, and why, in a line."""
    logger.warning("run %s failed", run.id, exc_info=error)
    told = str(error).encode(errors="backslashreplace").decode()  # half a surrogate pair is no text
    words = (told.strip() or "no more is known").splitlines()
    return "failed", f"{type(error).__name__}: {words[0]}"


def _outcome(run: Run, nonfinite: Nonfinite | None, then: str) -> Outcome | None:
    """What it means for `run` that a number was met that is not finite, where its spec has `then` for
    that. In iterations that are trained again it may have been told, and it is told once."""
    if nonfinite is None or (_is_told(run, nonfinite.iteration) and not run.differs):
        return None
    if then == "stop":
        return "diverged", str(nonfinite)
    if then == "pause":
        return "paused", str(nonfinite)
    run.tell("nonfinite", str(nonfinite), iteration=nonfinite.iteration)
    return None


def _is_told(run: Run, iteration: int) -> bool:
    """Whether it has been told of `run`, or of the one whose past it shares, that this iteration was
    not finite. That its loss is there tells nothing: it may have been stored in the instant before."""
    if run.forked_from is not None and iteration < run.forked_from.iteration:
        return True
    return any(
        event.reason is not None
        and (event.kind, event.iteration) in (("nonfinite", iteration), ("paused", iteration + 1))
        for event in list(run.events)
    )
