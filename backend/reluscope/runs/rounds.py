"""Round: the workers of one device, and the runs that take turns on them.

A run is not a thread. A worker takes the run that has used least time, trains it for about `TURN_S`,
and puts it back: so runs with long iterations leave the others their share. Whether a run goes on
is only the question whether it is in the round. Runs whose trainers can advance together share a
turn: their curves are the same as without company, and many small calls become a few large ones.
"""

import heapq
import itertools
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable

from ..training.change import Change
from ..training.cuda import own_stream, record_under
from ..training.devices import environment, use_one_thread
from ..training.rules import Rule
from ..training.trainer import Advance, Nonfinite, Trainer, advance
from .run import Checkpoint, Run
from .states import MOVES, Outcome

logger = logging.getLogger(__name__)

record_under(threading.Lock())

TURN_S = 0.010
"""How long a turn lasts: long enough that taking turns costs little, short enough that 64 runs on
two workers each move three times a second, and that a pause takes effect at once."""

MAX_COMPANY = 32
"""How many runs share a turn at most: with more, one iteration of all would outlast a turn."""

MAX_DEBT_S = 0.25
"""How far a paced run may fall behind its pace before the rest is forgiven."""

MAX_WAIT_S = 3600.0
"""How long a worker sleeps at most; a pace of one iteration in a million years must not be more
than the clock can count."""

Queue = list[tuple[float, int, Run]]
"""A heap of runs: by a time, then in the order in which they came."""


class Round:
    """The workers of one device. All its methods are to be called under `lock`."""

    def __init__(
        self,
        device: str,
        workers: int,
        lock: threading.Lock,
        changed: Callable[[Run], None],
        stored: Callable[[Run], bytes | None] | None = None,
    ) -> None:
        """`changed` is told of each run whose trace or state has changed, under the lock. `stored`
        gives the checkpoint of a run, where one was stored; without it none are made."""
        self._device = device
        self._lock = lock
        self._changed = changed
        self._work = threading.Condition(lock)
        self._stored = stored
        self._ready: Queue = []
        self._resting: Queue = []
        self._to_save: deque[Run] = deque()
        self._tickets = itertools.count()
        self._used_s = 0.0
        self._trainers: dict[str, Trainer] = {}
        self._in_company: Counter[Hashable] = Counter()
        self._closing = False
        self._threads = [
            threading.Thread(target=self._work_on, name=f"{device}#{index}", daemon=True)
            for index in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def enter(self, run: Run) -> None:
        """Give `run` turns from now on, or anew after its pace has changed."""
        run.turn.due = time.monotonic()
        if not run.turn.active:
            self._withdraw(run)
            self._put(run)
            self._work.notify()

    def ask(self, run: Run, outcome: Outcome) -> None:
        """Have `run` go to another state: now, or when the turn that it is in is over. What was
        asked to end stays so."""
        if not run.turn.active:
            self._withdraw(run)
            self._settle(run, outcome)
        elif not run.ending:
            run.turn.ask(outcome)

    def step(self, run: Run, iterations: int) -> None:
        """Have `run`, which is in the round, train that many iterations more, then pause. Where it
        is in a turn, they are counted from its end on."""
        run.turn.settle()
        if run.turn.active:
            run.turn.step = iterations
        else:
            run.stop_after(iterations)
            self.enter(run)

    def change(self, run: Run, update: Rule) -> None:
        """Have `run` go on with these hyperparameters: now, or when the turn that it is in is
        over."""
        if run.turn.active:
            run.turn.ask_change(update)
        else:
            self._change(run, update)

    def drop(self, run: Run) -> None:
        """Forget `run`: now, or when the turn that it is in is over."""
        run.turn.gone = True
        if not run.turn.active:
            self._withdraw(run)
            self._trainers.pop(run.id, None)

    def close(self) -> None:
        """Tell the workers to stop after the turn that they are in."""
        self._closing = True
        self._work.notify_all()

    def join(self, deadline: float) -> bool:
        """Wait until the workers have stopped, at most until `deadline` on the monotonic clock;
        whether they have. The one method to be called without the lock."""
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def save(self, run: Run) -> None:
        """Make a checkpoint of `run`, where it has trained since the last, as soon as the workers
        have stopped. To be called without the lock."""
        trainer = self._trainers.get(run.id)
        if trainer and not run.turn.active and run.saving.iteration != run.trained:
            self._save(run, trainer)

    def _put(self, run: Run) -> None:
        if run.spec.pace is not None and run.turn.due > time.monotonic():
            heapq.heappush(self._resting, (run.turn.due, next(self._tickets), run))
        else:
            self._make_ready(run)

    def _make_ready(self, run: Run) -> None:
        """Queue `run` by the time that it has used. One that was away starts where the others are:
        it has nothing saved up."""
        run.turn.used_s = max(run.turn.used_s, self._used_s)
        heapq.heappush(self._ready, (run.turn.used_s, next(self._tickets), run))

    def _withdraw(self, run: Run) -> None:
        if run.saving.asked:
            run.saving.asked = False
            self._to_save.remove(run)
        for queue in (self._ready, self._resting):
            if any(entry[2] is run for entry in queue):
                queue[:] = [entry for entry in queue if entry[2] is not run]
                heapq.heapify(queue)

    def _take(self) -> list[Run]:
        """A run that is to be saved; else the run, of those that are due, that has used least time,
        and its company; empty when the round closes."""
        while not self._closing:
            if self._to_save:
                return [self._to_save.popleft()]
            now = time.monotonic()
            while self._resting and self._resting[0][0] <= now:
                self._make_ready(heapq.heappop(self._resting)[2])
            if self._ready:
                self._used_s, _, run = heapq.heappop(self._ready)
                return [run, *self._take_company(run)]
            self._work.wait(min(self._resting[0][0] - now, MAX_WAIT_S) if self._resting else None)
        return []

    def _take_company(self, run: Run) -> list[Run]:
        """Runs that are due and may advance together with `run`: a worker's share of them."""
        company = self._company(run)
        if company is None:
            return []
        like = [entry for entry in self._ready if self._company(entry[2]) == company]
        there = 1 + len(like) + self._in_company[company]
        share = min(MAX_COMPANY, -(-there // len(self._threads))) - 1
        taken = sorted(like)[:share]
        if taken:
            gone = {id(entry[2]) for entry in taken}
            self._ready[:] = [entry for entry in self._ready if id(entry[2]) not in gone]
            heapq.heapify(self._ready)
        return [entry[2] for entry in taken]

    def _company(self, run: Run) -> Hashable:
        """For which runs it is equal, those may share a turn; None for one that goes alone."""
        trainer = self._trainers.get(run.id)
        return trainer.company if trainer and run.spec.pace is None else None

    def _work_on(self) -> None:
        """What a worker does all its life."""
        use_one_thread()
        with own_stream(self._device):
            self._take_turns()

    def _take_turns(self) -> None:
        while True:
            with self._lock:
                runs = self._take()
                if not runs:
                    return
                company = self._company(runs[0])
                self._in_company[company] += len(runs)
                saving = runs[0].saving.asked
                for run in runs:
                    run.turn.active = True
                    if not saving:
                        self._begin_turn(run)
                count = 0 if saving else min(_count(run, len(runs)) for run in runs)
            began = time.perf_counter()
            if saving:
                self._try_to_save(runs[0])
            outcomes = [None] if saving else self._train(runs, count)
            with self._lock:
                self._in_company[company] -= len(runs)
                self._in_company += Counter()  # drops what is 0
                used_s = (time.perf_counter() - began) / len(runs)
                for run, outcome in zip(runs, outcomes, strict=True):
                    run.turn.used_s += used_s
                    run.turn.active = False
                    self._settle(run, outcome)
                self._work.notify(len(runs) - 1)  # this worker's share may now be fewer of them
            del run, runs  # else a worker that waits keeps a curve that was deleted

    def _begin_turn(self, run: Run) -> None:
        run.worker = threading.current_thread().name
        if run.status == "queued":
            run.move("running")

    def _train(self, runs: list[Run], count: int) -> list[Outcome | None]:
        """One turn, without the lock: build the trainer if it is the first, train, record, save."""
        try:
            trainers = [self._trainers.get(run.id) or self._begin(run) for run in runs]
            began = time.perf_counter()
            results = advance(trainers, count)
        except BaseException as error:  # noqa: BLE001 - somebody's ReLU must not end the worker
            if len(runs) == 1:
                return [_failure(runs[0], error)]
            return [outcome for run in runs for outcome in self._train([run], count)]
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
        if result.error:
            return _failure(run, result.error)
        outcome = _outcome(run, result.nonfinite, trainer.spec.on_nonfinite)
        if run.trained < run.spec.iterations and (outcome is None or outcome[0] == "paused"):
            _change_as_planned(run, trainer)
            if outcome is None and self._stored and run.saving.is_due(time.monotonic()):
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
        data = run.checkpoint and run.checkpoint.data
        if data is None and self._stored and run.iteration:
            data = self._stored(run)
        if data is None:
            return None
        try:
            trainer = Trainer.restore(data)
        except ValueError as error:
            logger.warning("the checkpoint of run %s is of no use: %s", run.id, error)
            return None
        return trainer if trainer.iteration <= run.iteration else None

    def _save(self, run: Run, trainer: Trainer) -> None:
        began = time.monotonic()
        run.checkpoint = Checkpoint(run.trained, trainer.checkpoint())
        run.saving.done(run.trained, began, time.monotonic())

    def _try_to_save(self, run: Run) -> None:
        """What cannot be saved can be trained again."""
        try:
            self._save(run, self._trainers[run.id])
        except Exception:
            logger.exception("run %s could not be saved", run.id)
            run.saving.done(run.trained, 0.0, 0.0)

    def _change(self, run: Run, update: Rule) -> None:
        run.change(update=update)
        if trainer := self._trainers.get(run.id):
            if run.trained == run.front:
                trainer.change(run.spec)
            else:
                run.plan.append(Change(run.front, run.spec))

    def _settle(self, run: Run, outcome: Outcome | None) -> None:
        """After a turn, or between two: let `run` go to where it belongs."""
        turn = run.turn
        asked, turn.asked = turn.asked, None
        if turn.update is not None:
            update, turn.update = turn.update, None
            self._change(run, update)
        if turn.step is not None:
            run.stop_after(turn.step)
            turn.step = None
        run.saving.asked = False
        if not turn.gone:
            if run.in_round or outcome or asked:
                outcome = _next(run, outcome, asked)
            if outcome is not None:
                run.move(*outcome)
            elif run.in_round:
                self._put(run)
        if run.ended or turn.gone:
            self._trainers.pop(run.id, None)
            run.plan.clear()
        if not run.in_round:
            self._rest(run)
        self._changed(run)  # first, so that who waits for what was asked finds it on its way
        turn.settle()

    def _rest(self, run: Run) -> None:
        """`run` gets no turns for now: let go of what it shares, and see that it is saved."""
        run.meter.stop()
        trainer = self._trainers.get(run.id)
        if trainer is None:
            return
        trainer.leave()
        if self._stored and run.status == "paused" and run.saving.iteration != run.trained:
            run.saving.asked = True
            self._to_save.append(run)
            self._work.notify()


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


def _next(run: Run, outcome: Outcome | None, asked: Outcome | None) -> Outcome | None:
    """Where `run` goes by what came of its turn and by what was asked; None where it stays."""
    done = run.trained
    if outcome is not None and not MOVES[outcome[0]]:
        return outcome
    if done == run.spec.iterations:
        return "finished", outcome and outcome[1]
    if outcome is None and done >= run.stop_at:
        outcome = "paused", None
    if asked is None or (outcome is not None and asked[0] in (outcome[0], "interrupted")):
        return outcome  # with its reason; a pause is one for the next server, too
    return asked


def _count(run: Run, company: int) -> int:
    """How many iterations the turn has that begins now, for so many runs: as many as fit, up to the
    next change that is planned, and by its pace those that are due before the turn would end. What
    is trained again has no pace."""
    turn, pace, done, there = run.turn, run.spec.pace, run.trained, len(run.trace)
    count = 1 if not turn.iteration_s else int(TURN_S / (turn.iteration_s * company))
    if done < there:
        count, pace = min(count, there - done), None
    if pace is not None:
        now = time.monotonic()
        turn.due = max(turn.due, now - MAX_DEBT_S)
        count = min(count, int(pace * (now - turn.due + TURN_S)))
    elif run.trace.stride and count > run.trace.stride:
        # So that runs which come to share turns are due for diagnostics at the same iterations.
        count -= (done + count) % run.trace.stride
    stop = min(run.stop_at, run.plan[0].iteration) if run.plan else run.stop_at
    count = max(1, min(count, stop - done))
    if pace is not None:
        turn.due += count / pace
    return count


def _failure(run: Run, error: BaseException) -> Outcome:
    """That `run` has failed, and why, in a line."""
    logger.warning("run %s failed", run.id, exc_info=error)
    words = (str(error).strip() or "no more is known").splitlines()
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
