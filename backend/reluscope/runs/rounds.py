"""Round: the workers of one device, and the runs that take turns on them.

A run is not a thread. A worker takes the run that is due first, trains it for about `TURN_S`, and
puts it back. Whether a run goes on is only the question whether it is in the round.
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

MAX_DEBT_S = 0.1
"""How far a paced run may fall behind its pace before the rest is forgiven."""

MAX_WAIT_S = 3600.0
"""How long a worker sleeps at most; a pace of one iteration in a million years must not be more
than the clock can count."""

STOP_TIMEOUT_S = 1.0
"""How long closing waits for a worker's turn to end. Workers are daemons: a longer one is cut."""


class Round:
    """The workers of one device. All its methods are to be called under `lock`."""

    def __init__(
        self,
        device: str,
        workers: int,
        lock: threading.RLock,
        changed: Callable[[Run], None],
    ) -> None:
        """`changed` is told of each run whose trace or state has changed, under the lock."""
        self._lock = lock
        self._changed = changed
        self._work = threading.Condition(lock)
        self._settled = threading.Condition(lock)
        self._waiting: list[tuple[float, int, Run]] = []
        self._tickets = itertools.count(1)
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
        if not run.turn.active:
            run.turn.due = time.monotonic()
            self._put(run)
            self._work.notify()

    def ask(self, run: Run, outcome: Outcome) -> None:
        """Have `run` go to another state: now, or when the turn that it is in is over. What was
        asked to end stays so."""
        run.turn.ticket = 0
        if run.turn.active:
            if not run.ending:
                run.turn.asked = outcome
        else:
            self._settle(run, outcome)

    def wait(self, run: Run, timeout_s: float) -> None:
        """Wait until nothing asked of `run` is open, at most `timeout_s`."""
        self._settled.wait_for(lambda: run.turn.asked is None, timeout_s)

    def drop(self, run: Run) -> None:
        """Forget `run`, whatever it is doing."""
        run.turn.ticket = 0
        run.turn.gone = True
        if not run.turn.active:
            self._trainers.pop(run.id, None)

    def close(self) -> None:
        """Tell the workers to stop after the turn that they are in."""
        self._closing = True
        self._work.notify_all()

    def join(self) -> None:
        """Wait until the workers have stopped; the one method to be called without the lock."""
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _put(self, run: Run) -> None:
        run.turn.ticket = next(self._tickets)
        heapq.heappush(self._waiting, (run.turn.due, run.turn.ticket, run))

    def _take(self) -> Run | None:
        """The run that is due first, once it is due; None when the round closes."""
        while not self._closing:
            while self._waiting and self._waiting[0][1] != self._waiting[0][2].turn.ticket:
                heapq.heappop(self._waiting)
            wait_s = self._waiting[0][0] - time.monotonic() if self._waiting else None
            if wait_s is not None and wait_s <= 0:
                return heapq.heappop(self._waiting)[2]
            self._work.wait(None if wait_s is None else min(wait_s, MAX_WAIT_S))
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
                count = self._count(run)
            outcome = self._train(run, count)
            with self._lock:
                run.turn.active = False
                self._settle(run, outcome)

    def _count(self, run: Run) -> int:
        """How many iterations the next turn of `run` has."""
        count = 1 if run.turn.iteration_s is None else int(TURN_S / run.turn.iteration_s)
        if run.spec.pace is not None:
            count = min(count, int(run.spec.pace * TURN_S))
        return max(1, min(count, run.stop_at - len(run.trace)))

    def _train(self, run: Run, count: int) -> Outcome | None:
        """One turn, without the lock: build the trainer if it is the first, train, record."""
        try:
            trainer = self._trainers.get(run.id)
            if trainer is None:
                trainer = self._trainers[run.id] = Trainer(run.spec)
                run.environment = environment(run.spec.device)
            run.meter.start(time.time(), len(run.trace))
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
            turn.due = _next_due(run)
            self._put(run)
        if run.ended or turn.gone:
            self._trainers.pop(run.id, None)
        if not run.in_round:
            run.meter.stop()
        self._changed(run)
        self._settled.notify_all()


def _next_due(run: Run) -> float:
    """When the next turn may begin: at once, or one iteration's time after the last by its pace."""
    now = time.monotonic()
    if run.spec.pace is None:
        return now
    batch = max(1, int(run.spec.pace * TURN_S))
    return max(run.turn.due + batch / run.spec.pace, now - MAX_DEBT_S)


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
