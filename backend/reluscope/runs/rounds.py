"""Round: the workers of one device, and the runs that take turns on them.

A run is not a thread. A worker takes the run that has used least time, trains it for about `TURN_S`,
and puts it back: so runs with long iterations leave the others their share. Whether a run goes on
is only the question whether it is in the round.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..numbers import tell
from ..training.devices import environment, use_one_thread
from ..training.trainer import Trainer
from .run import Outcome, Run

logger = logging.getLogger(__name__)

TURN_S = 0.010
"""How long a turn lasts: long enough that taking turns costs little, short enough that 64 runs on
two workers each move three times a second, and that a pause takes effect at once."""

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
    ) -> None:
        """`changed` is told of each run whose trace or state has changed, under the lock."""
        self._lock = lock
        self._changed = changed
        self._work = threading.Condition(lock)
        self._ready: Queue = []
        self._resting: Queue = []
        self._tickets = itertools.count()
        self._used_s = 0.0
        self._trainers: dict[str, Trainer] = {}
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
        for queue in (self._ready, self._resting):
            if any(entry[2] is run for entry in queue):
                queue[:] = [entry for entry in queue if entry[2] is not run]
                heapq.heapify(queue)

    def _take(self) -> Run | None:
        """The run, of those that are due, that has used least time; None when the round closes."""
        while not self._closing:
            now = time.monotonic()
            while self._resting and self._resting[0][0] <= now:
                self._make_ready(heapq.heappop(self._resting)[2])
            if self._ready:
                self._used_s, _, run = heapq.heappop(self._ready)
                return run
            self._work.wait(min(self._resting[0][0] - now, MAX_WAIT_S) if self._resting else None)
        return None

    def _work_on(self) -> None:
        """What a worker does all its life."""
        use_one_thread()
        while True:
            with self._lock:
                run = self._take()
                if run is None:
                    return
                run.turn.active = True
                run.worker = threading.current_thread().name
                if run.status == "queued":
                    run.move("running")
                count = _count(run)
            began = time.perf_counter()
            outcome = self._train(run, count)
            with self._lock:
                run.turn.used_s += time.perf_counter() - began
                run.turn.active = False
                self._settle(run, outcome)
            del run  # else a worker that waits keeps a curve that was deleted

    def _train(self, run: Run, count: int) -> Outcome | None:
        """One turn, without the lock: build the trainer if it is the first, train, record."""
        try:
            trainer = self._trainers.get(run.id)
            if trainer is None:
                trainer = self._trainers[run.id] = Trainer(run.spec)
                run.environment = environment(run.spec.device)
            began = time.perf_counter()
            losses = trainer.advance(count)
            run.turn.iteration_s = (time.perf_counter() - began) / count
            outcome: Outcome | None = None
            if run.spec.on_nonfinite == "stop":
                losses, outcome = _until_nonfinite(losses, len(run.trace))
            run.record(losses)
        except Exception as error:
            logger.warning("run %s failed", run.id, exc_info=True)
            words = (str(error).strip() or "no more is known").splitlines()
            return "failed", f"{type(error).__name__}: {words[0]}"
        return outcome

    def _settle(self, run: Run, outcome: Outcome | None) -> None:
        """After a turn, or between two: let `run` go to where it belongs."""
        turn = run.turn
        asked, turn.asked = turn.asked, None
        if turn.step is not None:
            run.stop_after(turn.step)
            turn.step = None
        done = len(run.trace)
        if turn.gone:
            pass
        elif outcome is not None:
            run.move(*outcome)
        elif done == run.spec.iterations:
            run.move("finished")
        elif asked is not None:
            run.move(*asked)
        elif done >= run.stop_at:
            run.move("paused")
        else:
            self._put(run)
        if run.ended or turn.gone:
            self._trainers.pop(run.id, None)
        if not run.in_round:
            run.meter.stop()
        turn.settle()
        self._changed(run)


def _count(run: Run) -> int:
    """How many iterations the turn has that begins now: as many as fit, and by its pace those that
    are due before the turn would end."""
    turn, pace = run.turn, run.spec.pace
    count = 1 if turn.iteration_s is None else int(TURN_S / turn.iteration_s)
    if pace is not None:
        now = time.monotonic()
        turn.due = max(turn.due, now - MAX_DEBT_S)
        count = min(count, int(pace * (now - turn.due + TURN_S)))
    count = max(1, min(count, run.stop_at - len(run.trace)))
    if pace is not None:
        turn.due += count / pace
    return count


def _until_nonfinite(
    losses: NDArray[np.float64], start: int
) -> tuple[NDArray[np.float64], Outcome | None]:
    """`losses` up to and with the first that is not finite, and what that means for the run."""
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad) == 0:
        return losses, None
    first = int(bad[0])
    return losses[: first + 1], (
        "diverged",
        f"the loss of iteration {start + first} is {tell(float(losses[first]))}",
    )
