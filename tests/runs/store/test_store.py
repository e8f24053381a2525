"""A store beside a book: what it takes up, what it gives back, and what becomes of it meanwhile."""

import contextlib
import shutil
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, update

from reluscope.errors import StoreInUse, StoreUnavailable
from reluscope.runs.book import Book
from reluscope.runs.kept import Kept
from reluscope.runs.run import Run
from reluscope.runs.store import store as module
from reluscope.runs.store import writing
from reluscope.runs.store.database import Database
from reluscope.runs.store.folder import FILE
from reluscope.runs.store.store import Store
from reluscope.runs.store.tables import CHUNKS, EVENTS, RUNS
from reluscope.runs.view import RunView
from tests.places import Place, until_stored
from tests.postgres.cluster import Cluster
from tests.runs.making import LONG, SHORT, curve, losses, spec, until_at, until_ended, until_paused
from tests.runs.stored import found, left_by_a_crash, life
from tests.waiting import DEADLINE_S, eventually

pytestmark = pytest.mark.usefixtures("short_chunks")


def problem_of(book: Book) -> str | None:
    assert book.store is not None
    return book.store.problem


def read(place: Place, run_id: str) -> list[float]:
    """The losses that a store which is opened anew has of a run."""
    with place.book(resume=False) as book:
        return losses(book.read(run_id))


def paused_at(book: Book, iterations: int, **fields: object) -> Run:
    run = book.open(spec(**{**LONG, **fields}))
    until_at(run, iterations)
    book.pause(run.id)
    until_paused(run)
    return run


def damage_second_chunk(place: Place) -> None:
    with place.connected() as connection:
        connection.execute(update(CHUNKS).where(CHUNKS.c.first == SHORT).values(crc=1))


def test_what_ended_comes_back_bit_for_bit(place: Place) -> None:
    asked = spec(iterations=SHORT + 100, name="one \0 name", tags=["é", "\N{FIRE}"])
    with place.book() as book:
        run = book.open(asked, request=("key\xff", b"\0digest"))
        until_ended(run)
        until_stored(book)
        view, events = run.view(), list(run.events)
    with place.book() as book:
        again = book.find(run.id)
        assert again.is_shelved
        assert again.view() == view
        assert (again.number, again.request) == (run.number, run.request)
        assert losses(book.read(run.id)) == curve(asked)
        assert again.events == events
        assert again.trace.rows().tobytes() == run.trace.rows().tobytes()
        assert again.view() == view


def test_what_was_cut_off_goes_on_as_if_it_never_had_been(place: Place) -> None:
    asked = spec(iterations=2 * SHORT)
    with place.book() as book:
        running, paused = book.open(asked), paused_at(book, 50)
        until_at(running, 10)
    with place.book() as book:
        until_ended(book.find(running.id))
        assert losses(book.read(running.id)) == curve(asked)
        assert book.find(paused.id).status == "paused"
        assert losses(book.read(paused.id)) == losses(paused)
        book.step(paused.id, 50)
        until_paused(book.find(paused.id))
        done = spec(iterations=len(paused.trace) + 50)
        assert losses(book.read(paused.id)) == curve(done)


def test_where_nothing_is_to_go_on_a_run_that_was_queued_can_still_be_resumed(place: Place) -> None:
    with place.book() as book:
        run = book.open(spec(iterations=50))
        until_ended(run)
    with place.connected() as connection:
        view = run.view().model_copy(
            update={"status": "queued", "iteration": 0, "ended_at": None, "started_at": None}
        )
        connection.execute(delete(CHUNKS))
        connection.execute(delete(EVENTS))
        connection.execute(update(RUNS).values(status="queued", view=view.model_dump_json()))
    with place.book(resume=False) as book:
        assert book.find(run.id).status == "interrupted"
        book.resume(run.id)
        until_ended(book.find(run.id))
        assert losses(book.read(run.id)) == curve(spec(iterations=50))


def test_of_a_cut_off_curve_what_is_damaged_is_trained_and_written_again(place: Place) -> None:
    with place.book() as book:
        run = paused_at(book, 2 * SHORT + 10)
        book.resume(run.id)
    damage_second_chunk(place)
    with place.book() as book:
        again = book.find(run.id)
        assert again.status in ("queued", "running")
        until_at(again, 2 * SHORT + 10)
        book.stop(run.id)
        until_ended(again)
        until_stored(book)
        had = losses(again)
    assert had == curve(spec(iterations=len(had)))
    assert read(place, run.id) == had


def test_of_a_damaged_curve_nothing_comes_back_that_a_change_has_made_untrue(place: Place) -> None:
    with place.book() as book:
        run = paused_at(book, 4 * SHORT)
    damage_second_chunk(place)
    with place.book() as book:
        assert book.find(run.id).iteration == SHORT
        book.change(run.id, update={"lr": 1e-9})
        book.step(run.id, SHORT)
        until_paused(book.find(run.id))
        until_stored(book)
        had = losses(book.read(run.id))
    assert len(had) == 2 * SHORT
    assert read(place, run.id) == had


def test_damage_is_not_forgotten_when_the_database_goes_and_comes_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_database: Database) -> None:
        raise StoreUnavailable("as if the connection were lost")

    with place.book() as book:
        run = paused_at(book, 3 * SHORT)
    damage_second_chunk(place)
    with place.book() as book:
        assert book.find(run.id).iteration == SHORT
        with monkeypatch.context() as patch:
            patch.setattr(Database, "check", gone)
            eventually(lambda: problem_of(book), "the problem")
        eventually(lambda: problem_of(book) is None, "the end of the problem")
        book.step(run.id, 2 * SHORT)
        until_paused(book.find(run.id))
        until_stored(book)
        had = losses(book.read(run.id))
    assert len(had) == 3 * SHORT
    assert read(place, run.id) == had


def test_a_curve_that_is_more_than_one_batch_is_written_to_its_end(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MAX_CHUNKS", 2)
    count = 7 * SHORT + 1
    drawn = np.random.default_rng(0).normal(size=count)
    with place.book() as book:
        small = book.open(spec(iterations=1))
        until_ended(small)
        view = small.view().model_copy(
            update={"id": str(uuid.uuid4()), "spec": spec(iterations=count), "iteration": count}
        )
        (run,) = book.add([Kept(view, losses=drawn)])
        eventually(lambda: run.stored_bytes > 8 * SHORT, "the end of it in the store")
    assert read(place, run.id) == drawn.tolist()


def test_what_is_settled_is_stored_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MAX_CHUNKS", 2)
    with life(tmp_path / "data") as book:
        run = paused_at(book, 10 * SHORT)
        (fork,) = book.fork(run.id, {"pace": 1e-3})
        ended = run.view().model_copy(update={"id": str(uuid.uuid4()), "status": "stopped"})
        (imported,) = book.add([Kept(ended, losses=run.trace[:])])
        book.settled().result(30)
        left = found(left_by_a_crash(tmp_path / "data", tmp_path / "left"))
        for stored in (fork, imported):
            assert len(left[stored.id].losses) >= len(run.trace)


def test_a_second_one_is_refused_until_the_first_has_let_go(place: Place) -> None:
    with place.book() as book:
        assert book.store is not None
        book.store.announce("http://127.0.0.1:4711")
        eventually(lambda: told(place), "the address")
        assert "http://127.0.0.1:4711" in (told(place) or "")
    with place.book():
        pass


def fail_once(store: Store, error: Exception) -> None:
    """Have the writer meet that error in its next turn, as if the database had raised it."""
    flush = store._flush

    def failing(_source: object) -> None:
        store._flush = flush
        raise error

    store._flush = failing
    store.settled().result(DEADLINE_S)


def told(place: Place) -> str | None:
    """What a second one is told, once that holds an address."""
    with pytest.raises(StoreInUse) as refused:
        place.store().open()
    return str(refused.value) if "http" in str(refused.value) else None


def test_after_a_problem_it_is_opened_anew_by_its_own_writer(place: Place) -> None:
    """The lock on the folder, or on the database, is the server's and no thread's own."""
    with place.book() as book:
        assert book.store is not None
        first = book.open(spec(iterations=20))
        until_ended(first)
        until_stored(book)
        book.store.announce("http://127.0.0.1:4711")
        eventually(lambda: told(place), "the address")
        fail_once(book.store, OSError("the disk is on fire"))
        assert problem_of(book) == "the disk is on fire"
        second = book.open(spec(iterations=30))
        eventually(lambda: problem_of(book) is None, "the end of the problem")
        until_ended(second)
        until_stored(book)
        assert "http://127.0.0.1:4711" in (told(place) or "")
    assert read(place, first.id) == curve(spec(iterations=20))
    assert read(place, second.id) == curve(spec(iterations=30))


def test_what_is_deleted_while_the_store_is_away_does_not_come_back(place: Place) -> None:
    with place.book() as book:
        assert book.store is not None
        runs = [book.open(spec(iterations=10)) for _ in range(2)]
        until_ended(*runs)
        until_stored(book)
        fail_once(book.store, OSError("away"))
        book.delete(runs[0].id)
        eventually(lambda: problem_of(book) is None, "the end of the problem")
        until_stored(book)
        assert [run.id for run in book.newest_first()] == [runs[1].id]
    with place.book() as book:
        assert [run.id for run in book.newest_first()] == [runs[1].id]


def test_what_is_deleted_and_comes_back_at_once_is_stored_whole(place: Place) -> None:
    """Under its old id, as an import of what was exported before gives it."""
    with place.book() as book:
        run = book.open(spec(iterations=SHORT))
        until_ended(run)
        until_stored(book)
        exported, expected = book.kept(run.id), losses(run)
        assert book.store is not None
        with book.store.together():
            book.delete(run.id)
            (again,) = book.add([exported])
        assert again.id == run.id
        until_stored(book)
        with book.store.together():  # and now for good
            book.delete(again.id)
            book.add([exported])
            book.delete(again.id)
            (other,) = book.add([replace(exported, view=_called(exported, str(uuid.uuid4())))])
            book.delete(other.id)
            (last,) = book.add([replace(exported, view=_called(exported, other.id))])
        until_stored(book)
    assert read(place, last.id) == expected
    with place.book(resume=False) as book:
        assert [run.id for run in book.newest_first()] == [last.id]


def _called(kept: Kept, run_id: str) -> RunView:
    return kept.view.model_copy(update={"id": run_id})


def test_nothing_is_imported_until_it_is_known_what_is_there(tmp_path: Path) -> None:
    """It may be the very run that comes: one of the two would keep all others from being stored."""
    with life(tmp_path) as book:
        run = book.open(spec(iterations=50))
        until_ended(run)
        kept = book.kept(run.id)
    file = tmp_path / FILE
    file.rename(tmp_path / "aside")
    file.write_bytes(b"garbage!" * 4096)
    with life(tmp_path) as book:
        assert problem_of(book)
        with pytest.raises(StoreUnavailable, match="what is there is not known"):
            book.add([kept])
        (tmp_path / "aside").rename(file)
        eventually(lambda: problem_of(book) is None, "the end of the problem")
        (again,) = book.add([kept])
        until_stored(book)
        assert problem_of(book) is None
    assert found(tmp_path).keys() == {run.id, again.id}


def test_what_was_interrupted_by_hand_is_not_taken_up_when_a_store_comes_back(place: Place) -> None:
    with place.book() as book:
        assert book.store is not None
        source = paused_at(book, 20)
        (run,) = book.add([book.kept(source.id)])
        run.status = "interrupted"
        fail_once(book.store, OSError("away"))
        eventually(lambda: problem_of(book) is None, "the end of the problem")
        assert run.status == "interrupted"


@pytest.mark.parametrize("name", ["a b", "a?b", "a#b", "a%20b", "a&mode=rw", "ä", "a'b\"c"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    place = Place(tmp_path / name, None)
    with place.book() as book:
        run = book.open(spec(iterations=20))
        until_ended(run)
        until_stored(book)
    assert read(place, run.id) == curve(spec(iterations=20))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def deleted_file(folder: Path) -> None:
    (folder / "reluscope.db").unlink()


def deleted_files(folder: Path) -> None:
    for path in folder.glob("reluscope.db*"):
        path.unlink()


def deleted_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def replaced(folder: Path) -> None:
    (folder / "other").write_bytes(b"")
    (folder / "other").rename(folder / "reluscope.db")


@pytest.mark.parametrize("fault", [deleted_file, deleted_files, deleted_folder, replaced])
def test_after_its_file_is_lost_all_that_is_in_memory_is_written_to_another(
    tmp_path: Path, fault: object
) -> None:
    place = Place(tmp_path / "data", None)
    with place.book() as book:
        ended, paused = book.open(spec(iterations=SHORT + 1)), paused_at(book, 30)
        until_ended(ended)
        until_stored(book)
        assert callable(fault)
        fault(place.folder)
        eventually(lambda: (place.folder / "lock").exists() and problem_of(book) is None, "a file")
        running = book.open(spec(iterations=SHORT + 2))
        until_ended(running)
        eventually(lambda: settled(book), "an end of the problem")
        with contextlib.suppress(StoreInUse):
            place.store().open()
            pytest.fail("the folder is nobody's")
    for run, length in ((ended, SHORT + 1), (running, SHORT + 2)):
        assert read(place, run.id) == curve(spec(iterations=length))
    assert read(place, paused.id) == losses(paused)


def settled(book: Book) -> bool:
    book.settled().result(30)
    return problem_of(book) is None


def test_a_file_that_is_overwritten_is_told_though_nothing_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.0)
    place = Place(tmp_path, None)
    with place.book() as book:
        run = book.open(spec(iterations=20))
        until_ended(run)
        until_stored(book)
        for file in tmp_path.glob("reluscope.db*"):
            with file.open("r+b") as opened:
                opened.write(b"garbage!" * 8192)
        problem = eventually(lambda: problem_of(book), "the problem")
        assert "database" in problem
        for file in tmp_path.glob("reluscope.db*"):
            file.rename(tmp_path / f"aside-{file.name}")
        eventually(lambda: problem_of(book) is None, "the end of the problem")
        until_stored(book)
    assert read(place, run.id) == curve(spec(iterations=20))


def test_without_an_answer_to_one_reader_the_next_are_told_at_once(
    postgres: Cluster, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READ_TIMEOUT_S", 0.2)
    place = Place(tmp_path, database_url)
    with place.book() as book:
        run = book.open(spec(iterations=20))
        until_ended(run)
        until_stored(book)
    with place.book() as book:
        postgres.freeze()
        try:
            with pytest.raises(StoreUnavailable, match="not answered"):
                book.read(run.id)
            asking = len(book.store._asking)  # type: ignore[union-attr]
            with pytest.raises(StoreUnavailable):
                book.read(run.id)
            assert len(book.store._asking) == asking  # type: ignore[union-attr]
        finally:
            postgres.thaw()
        eventually(lambda: not book.store._asking, "the late answer")  # type: ignore[union-attr]
        assert losses(book.read(run.id)) == curve(spec(iterations=20))
