"""Register: all runs that there are, by id, by number and by what they have; and whether there is room
for more."""

from collections.abc import Callable, Collection, Mapping

from ..errors import FieldError, InvalidFields, NoRoom, UnknownRun
from ..training.devices import canonical
from ..training.spec import RunSpec
from ..training.unknown import check_known
from .index import Index
from .memory import Memory
from .run import Run
from .shelf import Shelf
from .states import Status


class Register:
    """To be called under the book's lock, but for `find` and `get`."""

    def __init__(
        self, memory: Memory, max_live: int, max_runs: int, told: Callable[[Run], None]
    ) -> None:
        """`told` hears of each run that is made, changes or goes."""
        self.memory = memory
        self._max_live = max_live
        self._max_runs = max_runs
        self._told = told
        self._runs: dict[str, Run] = {}
        self._numbered: dict[int, Run] = {}
        self._index = Index()
        self.live: set[Run] = set()
        self.shelf = Shelf(memory.note)

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._runs

    def find(self, run_id: str) -> Run:
        """Raises UnknownRun."""
        try:
            return self._runs[run_id]
        except KeyError:
            raise UnknownRun(run_id) from None

    def get(self, run_id: str) -> Run | None:
        """The run that has this id, where there is one."""
        return self._runs.get(run_id)

    def all(self) -> list[Run]:
        """Every run, in no order."""
        return list(self._runs.values())

    def search(
        self,
        wanted: Mapping[str, Collection[str]],
        text: str = "",
        before: int | None = None,
        limit: int | None = None,
    ) -> list[Run]:
        """As `Index.find` has it."""
        numbers = self._index.find(wanted, text, before, limit)
        return [self._numbered[number] for number in numbers]

    def sweeps(self) -> dict[str, int]:
        """The ids of all sweeps, each with the number of the oldest of its runs."""
        return self._index.oldest("sweep")

    def count(self, status: Status) -> int:
        """How many runs are in that state. Any thread may ask, without the lock."""
        return self._index.count("status", status)

    def number(self, created_at: float) -> int:
        """The number of a run that is made now, or was then: in the order of creation, and one that
        no other has."""
        number = int(created_at * 1e6)
        while number in self._numbered:
            number += 1
        return number

    def enter(self, run: Run) -> None:
        """There is a new run."""
        self._runs[run.id] = self._numbered[run.number] = run
        self.changed(run)

    def forget(self, run: Run) -> None:
        """A run is no more."""
        del self._runs[run.id], self._numbered[run.number]
        run.turn.gone = True
        self.shelf.forget(run)
        self._index.forget(run)
        self.changed(run)

    def changed(self, run: Run) -> None:
        """A run has trained, or has changed otherwise."""
        if run.live and not run.turn.gone:
            if run not in self.live:
                self.live.add(run)
                self.memory.note(run)
        else:
            self.live.discard(run)
            self.memory.note(run)
        if not run.turn.gone:
            self._index.note(run)
        self._told(run)

    def check_device(self, spec: RunSpec) -> None:
        """Raises InvalidFields where this machine has no such device."""
        there = list(self.memory.budgets)
        if canonical(spec.device) not in there:
            raise InvalidFields(
                [FieldError("device", "this machine has no such device", spec.device, there)]
            )

    def check_fits(self, count: int) -> None:
        """Raises NoRoom where so many runs could not be live at once, were they alone."""
        for name, what, most in (
            ("live_runs", "may be live at once", self._max_live),
            ("runs", "may be kept", self._max_runs),
        ):
            if count > most:
                raise NoRoom(f"these are {count:,} runs; {most:,} {what}", (name, most))

    def check_room(self, *runs: Run) -> None:
        """Raises NoRoom, or InvalidFields, where such runs cannot be made now, or ever."""
        self.check_count(len(runs))
        self.check_live(*runs)

    def check_count(self, more: int = 1) -> None:
        """Raises NoRoom where so many more cannot be kept."""
        kept = len(self._runs)
        if kept + more > self._max_runs:
            limit = "which is the limit" if more == 1 else f"the limit is {self._max_runs}"
            raise NoRoom(
                f"{kept} runs are kept, {limit}; delete some first", ("runs", self._max_runs)
            )

    def check_live(self, *runs: Run) -> None:
        """Raises NoRoom, or InvalidFields, where these cannot train beside those that do."""
        live = len(self.live)
        if live + len(runs) > self._max_live:
            limit = "which is the limit" if len(runs) == 1 else f"the limit is {self._max_live}"
            raise NoRoom(
                f"{live} runs are live, {limit}; stop one first", ("live_runs", self._max_live)
            )
        try:
            self.memory.check(*runs)
        except NoRoom:
            self.shelf.clear()
            self.memory.check(*runs)

    def check_trainable(self, run: Run) -> None:
        """Raises InvalidFields where a run that comes from elsewhere cannot be trained here."""
        self.check_device(run.spec)
        check_known(run.spec)
