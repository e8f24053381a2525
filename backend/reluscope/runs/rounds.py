"""Round: the workers of one device, and the runs that take turns on them.

A run is not a thread. A worker takes the run that has used least time, trains it for about `TURN_S`,
and puts it back: so runs with long iterations leave the others their share. Whether a run goes on
is only the question whether it is in the round. Runs whose trainers can advance together share a
turn: their curves are the same as without company, and many small calls become a few large ones.
"""

import heapq
import itertools
import logging
import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable

from ..training.cuda import own_stream, record_under
from ..training.devices import use_one_thread
from ..training.rules import Rule
from .run import Checkpoint, Run
from .states import MOVES, Outcome
from .trainers import Trainers
from .turn import Company

logger = logging.getLogger(__name__)

record_under(threading.Lock())

TURN_S = 0.010
"""How long a turn lasts: long enough that taking turns costs little, short enough that a pause takes
effect at once;"""

LAP_S = 0.19
"""and shorter where that takes every run longer than this to have one: so that 64 runs on two workers
are each seen to move, on cores that have their curves to draw as well;"""

SHORTEST_TURN_S = 0.006
"""but no shorter than this."""

FEW = 4
"""Iterations that a turn has where they are long and few runs wait: with each turn a place is kept to come
back to, which takes a tenth of an iteration of a large network;"""

LONGEST_TURN_S = 0.050
"""but not where that takes longer than this."""

LONGER = 2
"""How many times as long as its iterations promise a turn may take for it to count in full. In a first
turn, which promises nothing, the trainer is made, and torch may make itself ready; in a later one
somebody else may have had the core. Were that counted, the run would stand still until each of the
others had used as much."""

MAX_COMPANY = 32
"""How many runs share a turn at most: with more, one iteration of all would outlast a turn."""

NEAR = 4 / 3
"""How much more or less than its share a company may be before others join or leave it."""

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
        checkpoint: Callable[[Run], Checkpoint | None],
        *,
        saves: bool,
    ) -> None:
        """`changed` is told of each run whose trace or state has changed, under the lock. `checkpoint`
        gives that of a run, where it has one; whether it is to be given new ones, `saves` says."""
        self._device = device
        self._lock = lock
        self._changed = changed
        self._work = threading.Condition(lock)
        self._ready: Queue = []
        self._resting: Queue = []
        self._to_save: deque[Run] = deque()
        self._tickets = itertools.count()
        self._used_s = 0.0
        self.iterations = 0
        """What its workers have trained, also of runs that were deleted, and what they trained again."""
        self._trainers = Trainers(checkpoint, saves=saves)
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
            self._trainers.change(run, update)

    def drop(self, run: Run) -> None:
        """Forget `run`: now, or when the turn that it is in is over."""
        run.turn.gone = True
        if not run.turn.active:
            self._withdraw(run)
            self._trainers.drop(run)

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
        if not run.turn.active and self._trainers.is_unsaved(run):
            self._trainers.save(run)

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
                return self._take_company(run)
            self._work.wait(min(self._resting[0][0] - now, MAX_WAIT_S) if self._resting else None)
        return []

    def _take_company(self, run: Run) -> list[Run]:
        """`run` and runs that are due and may advance together with it, about a worker's share: those
        of its last turn, then such as have no company of that size, then those of another."""
        kind = self._trainers.company(run)
        if kind is None:
            return [run]
        like = [e[2] for e in sorted(self._ready) if self._trainers.company(e[2]) == kind]
        there = 1 + len(like) + self._in_company[kind]
        share = math.ceil(there / max(len(self._threads), math.ceil(there / MAX_COMPANY)))
        sizes = Counter(one.turn.company for one in like)
        mates, loose, others = [], [], []
        for one in like:
            company = one.turn.company
            if company and company is run.turn.company:
                mates.append(one)
            elif company and _is_near(sizes[company], share):
                others.append(one)
            else:
                loose.append(one)
        if _is_near(1 + len(mates), share):
            taken = mates + loose[: max(0, share - 1 - len(mates))]
        else:
            taken = [*mates, *loose, *others][: share - 1]
        if taken:
            gone = {id(one) for one in taken}
            self._ready[:] = [entry for entry in self._ready if id(entry[2]) not in gone]
            heapq.heapify(self._ready)
        runs = sorted([run, *taken], key=lambda one: one.number)
        _keep_company(runs)
        return runs

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
                company = self._trainers.company(runs[0])
                self._in_company[company] += len(runs)
                saving = runs[0].saving.asked
                for run in runs:
                    run.turn.active = True
                    if not saving:
                        self._begin_turn(run)
                turn_s = self._turn_s(runs)
                count = 0 if saving else min(_count(run, len(runs), turn_s) for run in runs)
            promised_s = count * (runs[0].turn.iteration_s or 0.0)
            began = time.perf_counter()
            if saving:
                self._trainers.save(runs[0])
            outcomes = [None] if saving else self._trainers.train(runs, count)
            with self._lock:
                self._in_company[company] -= len(runs)
                self._in_company += Counter()  # drops what is 0
                used_s = min((time.perf_counter() - began) / len(runs), LONGER * promised_s)
                for run, outcome in zip(runs, outcomes, strict=True):
                    run.turn.used_s += used_s
                    self.iterations += run.turn.done
                    run.turn.done = 0
                    run.turn.active = False
                    self._settle(run, outcome)
                self._work.notify(len(runs) - 1)  # this worker's share may now be fewer of them
            del run, runs  # else a worker that waits keeps a curve that was deleted

    def _turn_s(self, runs: list[Run]) -> float:
        """How long a turn lasts that these share, while others wait for theirs."""
        few_s = FEW * (runs[0].turn.iteration_s or 0.0) * len(runs)
        parties = 1 + len(self._ready) / len(runs)
        lap_s = LAP_S * len(self._threads) / parties
        return min(max(TURN_S, min(few_s, LONGEST_TURN_S)), max(SHORTEST_TURN_S, lap_s))

    def _begin_turn(self, run: Run) -> None:
        run.worker = threading.current_thread().name
        if run.status == "queued":
            run.move("running")

    def _settle(self, run: Run, outcome: Outcome | None) -> None:
        """After a turn, or between two: let `run` go to where it belongs."""
        turn = run.turn
        asked, turn.asked = turn.asked, None
        if turn.update is not None:
            update, turn.update = turn.update, None
            self._trainers.change(run, update)
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
            self._trainers.drop(run)
        if not run.in_round:
            self._rest(run)
        self._changed(run)  # first, so that who waits for what was asked finds it on its way
        turn.settle()

    def _rest(self, run: Run) -> None:
        """`run` gets no turns for now: let go of what it shares, and see that it is saved."""
        run.meter.stop()
        self._trainers.leave(run)
        if run.status == "paused" and self._trainers.is_unsaved(run):
            run.saving.asked = True
            self._to_save.append(run)
            self._work.notify()


def _is_near(size: int, share: int) -> bool:
    return share <= NEAR * size and size <= NEAR * share


def _keep_company(runs: list[Run]) -> None:
    """Note that these share a turn. Where they are those of their last turns, it is the same
    company."""
    company = runs[0].turn.company
    if not (company and company.size == len(runs)) or any(
        run.turn.company is not company for run in runs
    ):
        company = Company(len(runs))
        for run in runs:
            run.turn.company = company


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


def _count(run: Run, company: int, turn_s: float) -> int:
    """How many iterations the turn has that begins now, for so many runs: as many as fit, up to the
    next change that is planned, and by its pace those that are due before the turn would end. What
    is trained again has no pace."""
    turn, pace, done, there = run.turn, run.spec.pace, run.trained, len(run.trace)
    count = 1 if not turn.iteration_s else int(turn_s / (turn.iteration_s * company))
    if done < there:
        count, pace = min(count, there - done), None
    if pace is not None:
        now = time.monotonic()
        turn.due = max(turn.due, now - MAX_DEBT_S)
        count = min(count, int(pace * (now - turn.due + turn_s)))
    elif run.trace.stride and count > run.trace.stride:
        # So that runs which come to share turns are due for diagnostics at the same iterations.
        count -= (done + count) % run.trace.stride
    stop = min(run.stop_at, run.plan[0].iteration) if run.plan else run.stop_at
    count = max(1, min(count, stop - done))
    if pace is not None:
        turn.due += count / pace
    return count
