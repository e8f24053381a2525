"""Book: all runs, and everything that may be asked of one."""

import threading
from collections.abc import Callable, Iterator

from ..errors import FieldError, InvalidFields, NoRoom, UnknownRun
from ..training.devices import canonical, devices, free_bytes
from ..training.spec import RunSpec
from .rounds import Round
from .run import Run
from .signal import Signal

VERB_TIMEOUT_S = 2.0
"""How long a verb waits for the turn that a run is in. A turn lasts 10 ms, or one iteration."""

MEMORY_SHARE = 0.75
"""The share of a device's free memory that live runs may take together."""


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
        """`memory_bytes`: what live runs may take on the CPU together; None for a share of what
        is free now."""
        self._lock = threading.RLock()
        self._cpu_workers = cpu_workers
        self._memory: dict[str, int] = {} if memory_bytes is None else {"cpu": memory_bytes}
        self._max_live = max_live
        self._max_runs = max_runs
        self._runs: dict[str, Run] = {}
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
        NoRoom where the runs that are live now leave too little.
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

    def pause(self, run_id: str) -> Run:
        """Take a run out of the round. When this returns, it does not move (a turn of more than
        `VERB_TIMEOUT_S` excepted). Raises UnknownRun, ForbiddenMove."""
        with self._lock:
            run = self.find(run_id)
            if run.status != "paused":
                run.check("pause", "paused")
                self._round(run).ask(run, ("paused", None))
                self._round(run).wait(run, VERB_TIMEOUT_S)
            return run

    def resume(self, run_id: str) -> Run:
        """Let a run take turns until it is finished. Raises UnknownRun, ForbiddenMove."""
        with self._lock:
            run = self.find(run_id)
            run.turn.asked = None
            if not run.in_round:
                self._continue(run, "resume", run.spec.iterations)
            else:
                run.stop_at = run.spec.iterations
            return run

    def step(self, run_id: str, iterations: int) -> Run:
        """Train exactly `iterations` more (or what is left), then pause. A run in the round is
        paused first. Raises UnknownRun, ForbiddenMove."""
        with self._lock:
            run = self.find(run_id)
            if run.in_round:
                self.pause(run_id)
            self._continue(run, "step", len(run.trace) + iterations)
            return run

    def stop(self, run_id: str) -> Run:
        """End a run for good. One that has ended stays as it is. Raises UnknownRun."""
        with self._lock:
            run = self.find(run_id)
            if not run.ended:
                self._round(run).ask(run, ("stopped", None))
                self._round(run).wait(run, VERB_TIMEOUT_S)
            return run

    def change(self, run_id: str, **fields: object) -> Run:
        """Change the name, the tags or the pace in a run's spec. Raises UnknownRun."""
        with self._lock:
            run = self.find(run_id)
            run.spec = run.spec.model_copy(update=fields)
            if run.in_round:
                self._round(run).enter(run)
            self._changed(run)
            return run

    def delete(self, run_id: str) -> None:
        """Forget a run and its trace, whatever it is doing. Raises UnknownRun."""
        with self._lock:
            run = self.find(run_id)
            self._round(run).drop(run)
            del self._runs[run_id]
            self._changed(run)

    def close(self) -> None:
        """Stop all workers; the runs that have not ended are interrupted."""
        with self._lock:
            rounds = list(self._rounds.values())
            for turning in rounds:
                turning.close()
            for run in self._runs.values():
                if not run.ended:
                    self._round(run).ask(run, ("interrupted", "the server was shut down"))
        for turning in rounds:
            turning.join()

    def _continue(self, run: Run, verb: str, stop_at: int) -> None:
        run.check(verb, "running")
        run.stop_at = min(stop_at, run.spec.iterations)
        run.move("queued" if run.started_at is None else "running")
        self._changed(run)
        self._round(run).enter(run)

    def _changed(self, run: Run) -> None:
        for signal in self._signals:
            signal.mark(run.id)

    def _round(self, run: Run) -> Round:
        device = canonical(run.spec.device)
        if device not in self._rounds:
            workers = self._cpu_workers if device == "cpu" else 1
            self._rounds[device] = Round(device, workers, self._lock, self._changed)
        return self._rounds[device]

    def _check_device(self, spec: RunSpec) -> None:
        there = [device.name for device in devices()]
        if canonical(spec.device) not in there:
            raise InvalidFields(
                [FieldError("device", "this machine has no such device", spec.device, there)]
            )

    def memory_bytes(self, device: str) -> int:
        """What live runs may take on `device` together, in bytes."""
        name = canonical(device)
        if name not in self._memory:
            self._memory[name] = int(MEMORY_SHARE * free_bytes(name))
        return self._memory[name]

    def _check_room(self, run: Run) -> None:
        spec, need = run.spec, run.bytes_live
        budget = self.memory_bytes(spec.device)
        if need > budget:
            field = max(("n", "d_in", "hidden", "d_out"), key=lambda name: getattr(spec, name))
            message = (
                f"a network of this size needs {need:,} bytes to train; "
                f"{budget:,} may be used on {spec.device}"
            )
            raise InvalidFields(
                [FieldError(field, message, getattr(spec, field), {"memory_bytes": budget})]
            )
        live = [other for other in self._runs.values() if not other.ended]
        device = canonical(spec.device)
        taken = sum(o.bytes_live for o in live if canonical(o.spec.device) == device)
        if taken + need > budget:
            raise NoRoom(
                f"this run needs {need:,} bytes and the live runs on {device} take {taken:,} of "
                f"{budget:,}; wait for one to end, or stop one"
            )
        if len(live) >= self._max_live:
            raise NoRoom(f"{len(live)} runs are live, which is the limit; stop one first")
        if len(self._runs) >= self._max_runs:
            raise NoRoom(f"{len(self._runs)} runs are kept, which is the limit; delete some first")
