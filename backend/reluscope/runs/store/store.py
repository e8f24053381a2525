"""Store: the one writer, on a thread of its own, and the answers to those who read."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, literal, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ...errors import StoreDamaged, StoreError, StoreInUse, StoreTooNew, StoreUnavailable
from ..kept import Kept
from ..run import Checkpoint, Run
from . import reading
from .database import Database, reclaim
from .folder import FILE, Folder
from .reading import Stored
from .snapshot import Snapshot
from .tables import RUNS
from .writing import MAX_PIECES, Batch, Progress, forget

logger = logging.getLogger(__name__)

T = TypeVar("T")

FLUSH_S = 0.45
"""Between two looks at what has been trained; what was told of runs is written at once."""

RETRY_S = 1.0
"""Between two attempts where the store cannot be written."""

LOOK_S = 2.0
"""Between two looks at whether the database is there, where nothing is to be written."""

READ_TIMEOUT_S = 5.0
"""How long a reader waits for the database. As long as one is without an answer after that, others
are told at once: they must not use up the threads that answer everything else."""

SLOW_S = 5.0
"""After that long without an answer to what was written, the store is said to have a problem."""

CLOSE_TIMEOUT_S = 1.5
"""How long closing waits for what is left to be written."""

PASSING = ("locked", "full", "busy")
"""Words in what SQLite says where nothing is wrong with the file itself."""


class Source(Protocol):
    """Whose runs are stored: the book."""

    def snapshot(self, run_id: str) -> Snapshot | None: ...
    def stored(self, snapshot: Snapshot, size_bytes: int) -> None: ...
    def has(self, run_id: str) -> bool: ...
    def adopt(self, found: Iterable[Stored]) -> None: ...
    def meet(self, there: Collection[str]) -> set[str]: ...
    def tidy(self) -> None: ...


class Store:
    """Runs in a database. Any thread may use it."""

    def __init__(self, database: Database, folder: Folder | None = None) -> None:
        """`folder` is where an SQLite database lies."""
        self._database = database
        self._folder = folder
        self._engine: Engine | None = None
        self._problem: str | None = None
        self._asked_at: float | None = None
        self._address: str | None = None
        self._announced = True
        self.met = False
        """Whether it is known which runs are there."""
        self._progress: dict[str, Progress] = {}
        self._wake = threading.Condition()
        self._dirty: set[str] = set()
        self._writing: set[str] = set()
        self._since: float | None = None
        self._writing_since: float | None = None
        self._gone: dict[int, str] = {}
        """Runs to be forgotten, by their numbers: another may have the id of one by then."""
        self._versions: dict[str, int] = {}
        self._waiting: list[Future[None]] = []
        self._asking: dict[Future[Any], float] = {}
        self._reclaiming = False
        self._looked_at = 0.0
        self._urgent = False
        self._closing = False
        self._source: Source | None = None
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)

    @staticmethod
    def in_folder(folder: Path) -> "Store":
        """SQLite in a data folder, which is made where there is none."""
        return Store(Database.in_file(folder / FILE), Folder(folder))

    @staticmethod
    def at(url: str) -> "Store":
        """The database at that URL, such as postgresql://user@host/name. Raises sqlalchemy's
        ArgumentError where it is none."""
        return Store(Database.at(url))

    def __str__(self) -> str:
        return str(self._database)

    # --- its life

    def open(self) -> None:
        """Open the database; whatever else goes wrong, it is tried again, and meanwhile its problem
        tells of it.

        Raises StoreInUse where another server has it, and StoreTooNew where a later version does.
        """
        try:
            self._open()
        except (StoreInUse, StoreTooNew):
            self._database.close()
            if self._folder is not None:
                self._folder.release()
            raise
        except (SQLAlchemyError, OSError, StoreError) as error:
            self._note_problem(error)

    def follow(self, source: Source) -> None:
        """Give `source` the runs that are there, and store its own from now on."""
        self._source = source
        if self._engine is not None:
            try:
                self._meet(source)
            except Exception as error:
                if not isinstance(error, SQLAlchemyError | OSError | StoreError):
                    logger.exception("what the store has cannot be taken up")
                self._note_problem(error)
                self._engine = None  # so that the writer meets it
        self._thread.start()

    def announce(self, address: str) -> None:
        """Tell others who come for the same store where its server is."""
        self._address = address
        with self._wake:
            self._announced, self._urgent = False, True
            self._wake.notify()

    def close(self) -> None:
        """Write what is left, as far as that goes at once, and let go."""
        with self._wake:
            self._closing = True
            self._wake.notify()
            asking = list(self._asking)
        for answer in asking:
            answer.cancel()
        if self._thread.is_alive():
            self._thread.join(CLOSE_TIMEOUT_S)
        if not self._thread.is_alive():
            self._database.close()
            if self._folder is not None:
                self._folder.release()

    @property
    def problem(self) -> str | None:
        """Why what happens is in memory alone; None where it is stored."""
        asked_at = self._asked_at
        silent_s = 0.0 if asked_at is None else time.monotonic() - asked_at
        if max(silent_s, self._silent_s()) > SLOW_S:
            return f"{self} has not answered for more than {SLOW_S:.0f} s"
        return self._problem

    @property
    def lag_s(self) -> float:
        """How long what was told to it first, of all that is not stored yet, has waited, in seconds."""
        with self._wake:
            waiting = [at for at in (self._since, self._writing_since) if at is not None]
        return time.monotonic() - min(waiting) if waiting else 0.0

    def unstored(self) -> dict[str, int]:
        """The runs of which something is not stored yet, with how many of their losses are."""
        with self._wake:
            ids = self._dirty | self._writing
        return {run_id: self._progress.get(run_id, Progress()).losses for run_id in ids}

    # --- what is told to it

    def note(self, run: Run) -> None:
        """`run` is new, has changed or is gone. Called under the book's lock, and quick."""
        told = run.turn.gone or self._versions.get(run.id) != run.version
        if not told and run.id in self._dirty:
            return  # its snapshot, which needs the book's lock too, is yet to come: nothing new
        with self._wake:
            self._since = self._since or time.monotonic()
            if run.turn.gone:
                self._gone[run.number] = run.id
                self._versions.pop(run.id, None)
            else:
                self._dirty.add(run.id)
                self._versions[run.id] = run.version
            if told:  # that it has trained, no more, can wait
                self._urgent = True
                self._wake.notify()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is noted inside is written in one transaction, so that a crash leaves all or none of
        it. Called under the book's lock."""
        with self._wake:
            yield

    def settled(self) -> Future[None]:
        """Done when all that was noted until now is stored, or cannot be."""
        future: Future[None] = Future()
        with self._wake:
            if self.problem is None and not self._closing:
                self._waiting.append(future)
                self._urgent = True
                self._wake.notify()
                return future
        future.set_result(None)
        return future

    # --- what is asked of it

    def read(self, run_id: str) -> Kept | None:
        """A run with its curve and events; None where there is none.

        Raises StoreUnavailable and StoreDamaged.
        """
        return self._ask(lambda connection: reading.read(connection, run_id))

    def checkpoint(self, run_id: str) -> Checkpoint | None:
        """What a run can go on from, where that is there. Raises StoreUnavailable."""
        return self._ask(lambda connection: reading.checkpoint(connection, run_id))

    def _ask(self, look: Callable[[Connection], T]) -> T:
        """What `look` gives, on a thread of its own: a database may take for ever."""
        if self._engine is None or self._closing or (self._silent_s() > READ_TIMEOUT_S):
            raise StoreUnavailable(f"the store cannot be read: {self.problem or 'it is not open'}")
        answer: Future[T] = Future()
        with self._wake:
            self._asking[answer] = time.monotonic()
        threading.Thread(
            target=self._answer, args=(look, answer), name="store reader", daemon=True
        ).start()
        try:
            return answer.result(READ_TIMEOUT_S)
        except TimeoutError:
            answer.cancel()
            raise StoreUnavailable(f"{self} has not answered for {READ_TIMEOUT_S:.0f} s") from None
        except CancelledError:
            raise StoreUnavailable("the store is closed") from None
        except ValueError as error:
            raise StoreDamaged(f"what the store has of a run cannot be read: {error}") from error
        except (SQLAlchemyError, OSError, AssertionError) as error:
            raise StoreUnavailable(f"the store cannot be read: {_said(error)}") from error

    def _answer(self, look: Callable[[Connection], T], answer: "Future[T]") -> None:
        """Nobody may wait for the answer any more when it is there."""
        try:
            with self._database.read().connect() as connection:
                found = look(connection)
        except BaseException as error:  # noqa: BLE001 - raised where it was asked
            if answer.set_running_or_notify_cancel():
                answer.set_exception(error)
        else:
            if answer.set_running_or_notify_cancel():
                answer.set_result(found)
        finally:
            with self._wake:
                del self._asking[answer]

    def _silent_s(self) -> float:
        """For how long a reader has waited for an answer, in seconds; also one who has given up."""
        with self._wake:
            oldest = min(self._asking.values(), default=None)
        return 0.0 if oldest is None else time.monotonic() - oldest

    # --- the writer

    def _work(self) -> None:
        while True:
            with self._wake:
                pause = FLUSH_S if self._problem is None else RETRY_S
                self._wake.wait_for(self._wanted, pause)
                closing, self._urgent = self._closing, False
            try:
                self._turn()
            except (SQLAlchemyError, OSError, StoreError) as error:
                self._note_problem(error)
            except Exception as error:
                logger.exception("the store's writer met what it does not know")
                self._note_problem(error)
            if closing and (self._problem is not None or not self._dirty):
                return

    def _wanted(self) -> bool:
        return self._closing or (self._urgent and self._problem is None)

    def _turn(self) -> None:
        """Write once what there is."""
        assert self._source is not None
        self._asked_at = time.monotonic()
        try:
            if self._engine is None:
                self._open()
                self._meet(self._source)
            self._database.check()
            if not self._announced:
                self._announce()
            self._flush(self._source)
            self._look()
            self._problem = None
        finally:
            self._asked_at = None
        self._source.tidy()

    def _open(self) -> None:
        if self._folder is not None and self._folder.take():
            self._announced = self._address is None
        self._engine = self._database.open()

    def _meet(self, source: Source) -> None:
        """What the database has goes to the source, what the source has and it has not is dirty."""
        with self._database.read().connect() as connection:
            lengths = reading.lengths(connection)
            found = list(reading.rows(connection, source.has))
        before, self._progress = self._progress, {}
        for run_id, (there, events, checkpoint_bytes) in lengths.items():
            losses = min(there, before[run_id].losses) if run_id in before else there
            self._progress[run_id] = Progress(
                -1, losses, events, checkpoint_bytes, pieces=MAX_PIECES
            )
        for stored in found:
            known = self._progress[stored.view.id]
            losses = known.losses
            if stored.whole is not None:  # what is damaged must be written anew
                losses = min(losses, len(stored.whole.losses))
            # What is adopted as it is need not be.
            self._progress[stored.view.id] = replace(known, version=0, losses=losses)
        # One that is deleted meanwhile is gone when the source, under its lock, comes to it.
        source.adopt(stored for stored in found if stored.number not in self._gone)
        here = source.meet(lengths)
        self.met = True
        with self._wake:
            self._since = self._since or time.monotonic()
            self._dirty |= here  # it may be another file than the one that was written last

    def _look(self) -> None:
        """See whether the database can still be written and read, though nobody asks for that."""
        if time.monotonic() - self._looked_at < LOOK_S:
            return
        assert self._engine is not None
        with self._engine.begin() as connection:
            connection.execute(select(literal(1)))
        with self._database.read().connect() as connection:
            connection.execute(select(RUNS.c.number).limit(1)).first()
        self._looked_at = time.monotonic()

    def _announce(self) -> None:
        assert self._engine is not None
        assert self._address is not None
        if self._folder is not None:
            self._folder.announce(self._address)
        elif not self._database.is_sqlite:
            self._database.announce(self._address)
        self._announced = True

    def _flush(self, source: Source) -> None:
        assert self._engine is not None
        with self._wake:
            ids, self._dirty = self._dirty, set()
            gone, self._gone = self._gone, {}
            waiting, self._waiting = self._waiting, []
            self._writing, self._writing_since, self._since = ids, self._since, None
        try:
            snapshots = [s for run_id in ids if (s := source.snapshot(run_id)) is not None]
            # First those that have ended, which may find no room in a batch that others have filled.
            snapshots.sort(key=lambda snapshot: not snapshot.ended)
            batch, progress, forgotten = Batch(), {}, set(gone.values())
            for snapshot in snapshots:
                run_id = snapshot.view.id
                known = Progress() if run_id in forgotten else self._progress.get(run_id)
                progress[run_id] = batch.add(snapshot, known or Progress())
            if snapshots or gone:
                with self._engine.begin() as connection:
                    forget(connection, gone)
                    batch.write(connection)
        except BaseException:
            with self._wake:
                self._dirty |= ids  # of one that is gone by then, there is no snapshot
                self._gone |= gone
                self._waiting = waiting + self._waiting
                self._keep_waiting()
            raise
        for run_id in forgotten:
            self._progress.pop(run_id, None)
        self._progress |= progress
        whole = self._tell(source, snapshots)
        with self._wake:
            if not whole:
                self._waiting = waiting + self._waiting
                self._keep_waiting()
            self._writing, self._writing_since = set(), None
        if whole:
            _answer_all(waiting)
        self._reclaiming |= bool(gone)
        if self._reclaiming:
            self._reclaiming = not reclaim(self._engine)

    def _keep_waiting(self) -> None:
        """What was to be written is not, or not all of it: it has waited since then."""
        self._since = self._writing_since or self._since
        self._writing, self._writing_since = set(), None

    def _tell(self, source: Source, snapshots: list[Snapshot]) -> bool:
        """Tell what is stored wholly, and come back for what was too much; whether nothing was."""
        whole = True
        for snapshot in snapshots:
            run_id = snapshot.view.id
            now = self._progress[run_id]
            if now.holds(snapshot):
                source.stored(snapshot, now.size(snapshot.view.spec))
                continue
            whole = False
            with self._wake:
                self._dirty.add(run_id)
                self._urgent = True
        return whole

    def _note_problem(self, error: BaseException) -> None:
        said = _said(error)
        if said != self._problem:
            logger.error("the store: %s; runs are kept in memory until it is back", said)
        self._problem = said
        passing = self._database.is_sqlite and any(word in said for word in PASSING)
        if not (isinstance(error, DBAPIError) and passing):
            self._engine = None  # it may be another when it is opened again
            self._database.close()
        with self._wake:
            waiting, self._waiting = self._waiting, []
        _answer_all(waiting)


def _answer_all(waiting: Iterable[Future[None]]) -> None:
    for future in waiting:
        future.set_result(None)


def _said(error: BaseException) -> str:
    """What is wrong, in a line."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, OSError) and cause.strerror and cause.filename:
        return f"{cause.filename}: {cause.strerror}"
    words = str(cause).strip().splitlines()
    return words[0] if words else type(cause).__name__
