"""Book: all runs, and everything that may be asked of one."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from ..errors import FieldError, InvalidFields, NoRoom, UnknownRun
from ..training.devices import canonical, make_deterministic
from ..training.rules import Rule
from ..training.spec import RunSpec
from .memory import Memory
from .rounds import Round
from .run import Run
from .signal import Signal

VERB_TIMEOUT_S = 2.0
"""How long a verb waits for the turn that a run is in. A turn lasts 10 ms, or one iteration."""

STOP_TIMEOUT_S = 1.0
"""How long closing waits for turns to end. Workers are daemons: a longer turn is cut."""


class Book:
    """All runs, by id, in the order of their creation. Any thread may use it."""

    def __init__(
        self,
        *,
        cpu_workers: int,
        memory_bytes: int | None = None,
        max_live: int = 1000,
        max_runs: int = 10_000,
    ) -> None:
        """`memory_bytes`: what runs may take on the CPU together; None for a share of what is free
        now. Looks at every device, which takes a second or more where CUDA has to be woken."""
        make_deterministic()
        self._lock = threading.Lock()
        self._cpu_workers = cpu_workers
        self.memory = Memory(memory_bytes)
        self._max_live = max_live
        self._max_runs = max_runs
        self._runs: dict[str, Run] = {}
        self._live: set[Run] = set()
        self._created = 0
        self._rounds: dict[str, Round] = {}
        self._signals: list[Signal] = []

    def listen(self, wake: Callable[[], None]) -> Signal:
        """A signal that is marked with every run that is made, changes or goes from now on."""
        signal = Signal(wake)
        with self._lock:
            self._signals.append(signal)
        return signal

    def open(self, spec: RunSpec) -> Run:
        """Make a run of `spec` and let it take turns.

        Raises InvalidFields where its device is not there or its memory could never be had, and
        NoRoom where the runs that are there now leave too little.
        """
        self._check_device(spec)
        with self._lock:
            run = Run(spec, self._created + 1)
            self._check_room(run)
            self._created += 1
            self._runs[run.id] = run
            self._changed(run)
            self._round(run).enter(run)
        return run

    def find(self, run_id: str) -> Run:
        """Raises UnknownRun."""
        try:
            return self._runs[run_id]
        except KeyError:
            raise UnknownRun(run_id) from None

    def newest_first(self) -> Iterator[Run]:
        """Every run, as of now."""
        with self._lock:
            return reversed(list(self._runs.values()))

    def pause(self, run_id: str, *, wait_s: float = VERB_TIMEOUT_S) -> Run:
        """Take a run out of the round. When this returns, it does not move, except where the turn
        that it is in takes longer than `wait_s`: then it pauses when that is over.

        Raises UnknownRun, ForbiddenMove.
        """
        with self._lock:
            run = self.find(run_id)
            if run.status != "paused":
                run.check("pause", "paused")
                self._round(run).ask(run, ("paused", None))
        return _settled(run, wait_s)

    def resume(self, run_id: str) -> Run:
        """Let a run take turns until it is finished. Raises UnknownRun, ForbiddenMove."""
        with self._lock:
            run = self.find(run_id)
            if not run.in_round:
                self._continue(run, "resume")
            run.check_not_ending("resume")
            run.turn.settle()
            run.turn.step = None
            run.stop_at = run.spec.iterations
            return run

    def step(self, run_id: str, iterations: int) -> Run:
        """Train exactly `iterations` more (or what is left), then pause. A run in the round
        finishes the turn that it is in before these. Raises UnknownRun, ForbiddenMove."""
        with self._lock:
            run = self.find(run_id)
            if not run.in_round:
                self._continue(run, "step")
            run.check_not_ending("step")
            self._round(run).step(run, iterations)
            return run

    def stop(self, run_id: str, *, wait_s: float = VERB_TIMEOUT_S) -> Run:
        """End a run for good, as `pause` pauses one. One that has ended stays as it is.

        Raises UnknownRun.
        """
        with self._lock:
            run = self.find(run_id)
            if not run.ended:
                self._round(run).ask(run, ("stopped", None))
        return _settled(run, wait_s)

    def change(
        self,
        run_id: str,
        *,
        update: Mapping[str, object] | None = None,
        wait_s: float = VERB_TIMEOUT_S,
        **fields: object,
    ) -> Run:
        """Change the name, the tags or the pace in a run's spec, and hyperparameters of its rule:
        those take effect between two iterations, as `pause` does.

        Raises UnknownRun, ForbiddenMove where hyperparameters of a run that has ended are to
        change, pydantic's ValidationError where the rule does not take them, and InvalidFields
        where the Gram form does not take the rule with them.
        """
        with self._lock:
            run = self.find(run_id)
            if update:
                run.check_may_change()
                wanted = (run.turn.update or run.spec.update).changed(update)
                _check_linear(run, wanted)
                self._round(run).change(run, wanted)
            pace = run.spec.pace
            run.change(**fields)
            if run.in_round and run.spec.pace != pace:
                self._round(run).enter(run)
            self._changed(run)
        return _settled(run, wait_s)

    def delete(self, run_id: str) -> None:
        """Forget a run and its trace, whatever it is doing. Raises UnknownRun."""
        with self._lock:
            run = self.find(run_id)
            del self._runs[run_id]
            self._round(run).drop(run)
            self._changed(run)

    def close(self) -> bool:
        """Stop all workers; the runs that have not ended are interrupted. False where a worker is
        still in a long iteration."""
        with self._lock:
            rounds = list(self._rounds.values())
            for turning in rounds:
                turning.close()
            for run in self._live.copy():
                self._round(run).ask(run, ("interrupted", "the server was shut down"))
        deadline = time.monotonic() + STOP_TIMEOUT_S
        stopped = [turning.join(deadline) for turning in rounds]
        return all(stopped)

    def _continue(self, run: Run, verb: str) -> None:
        run.check(verb, "running")
        run.move("queued" if run.started_at is None else "running")
        self._changed(run)
        self._round(run).enter(run)

    def _changed(self, run: Run) -> None:
        if run.ended or run.turn.gone:
            self._live.discard(run)
            self.memory.note(run)
        elif run not in self._live:
            self._live.add(run)
            self.memory.note(run)
        for signal in self._signals:
            signal.mark(run.id)

    def _round(self, run: Run) -> Round:
        device = canonical(run.spec.device)
        if device not in self._rounds:
            workers = self._cpu_workers if device == "cpu" else 1
            self._rounds[device] = Round(device, workers, self._lock, self._changed)
        return self._rounds[device]

    def _check_device(self, spec: RunSpec) -> None:
        there = list(self.memory.budgets)
        if canonical(spec.device) not in there:
            raise InvalidFields(
                [FieldError("device", "this machine has no such device", spec.device, there)]
            )

    def _check_room(self, run: Run) -> None:
        live, kept = len(self._live), len(self._runs)
        if live >= self._max_live:
            raise NoRoom(f"{live} runs are live, which is the limit; stop one first")
        if kept >= self._max_runs:
            raise NoRoom(f"{kept} runs are kept, which is the limit; delete some first")
        self.memory.check(run)


def _check_linear(run: Run, rule: Rule) -> None:
    if run.spec.gradients == "gram" and rule.linear() is None:
        message = "gram needs a rule whose step is linear in the gradient"
        raise InvalidFields([FieldError("update", message, rule.model_dump())])


def _settled(run: Run, wait_s: float) -> Run:
    """`run`, once what is asked of it has come about, or after `wait_s`."""
    if settled := run.turn.settled:
        with contextlib.suppress(TimeoutError):
            settled.result(wait_s)
    return run
