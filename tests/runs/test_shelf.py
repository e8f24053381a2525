"""Curves that nobody asks for leave memory, and come back bit for bit."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack

import pytest

from reluscope.errors import Busy
from reluscope.runs import holdings, use
from reluscope.runs import shelf as module
from reluscope.runs.book import Book
from reluscope.runs.keep import Keep
from reluscope.runs.run import Run
from reluscope.runs.store import Store
from tests.waiting import DEADLINE_S, eventually

from .making import LONG, curve, losses, spec, until_at, until_ended, until_paused


@pytest.fixture
def kept(tmp_path):
    """Makes books over one store after another in the same folder, closed in the end."""
    books = []

    def make(**options):
        store = Store.in_folder(tmp_path)
        store.open()
        books.append(Book(cpu_workers=1, store=store, **options))
        return books[-1]

    yield make
    for book in books:
        book.close()


def until_shelved(*runs: Run) -> None:
    for run in runs:
        eventually(lambda run=run: run.is_shelved, f"that {run.id} leaves memory")


def stored(book: Book) -> None:
    book.settled().result(30)


def test_what_has_ended_leaves_and_comes_back_bit_for_bit(kept, monkeypatch):
    book, asked = kept(), spec(iterations=5000)
    run = book.open(asked)
    until_ended(run)
    stored(book)
    view, events, rows = run.view(), list(run.events), run.trace.rows().tobytes()
    held = book.memory._held["cpu"]
    monkeypatch.setattr(module, "IDLE_S", 0.0)
    until_shelved(run)
    assert run.view() == view
    assert book.memory._held["cpu"] < held
    monkeypatch.undo()
    assert losses(book.read(run.id)) == curve(asked)
    assert run.events == events
    assert run.trace.rows().tobytes() == rows
    assert book.memory._held["cpu"] == held


def test_what_is_in_use_or_has_not_ended_stays(kept, monkeypatch):
    book = kept()
    paused, ended = book.open(spec(**LONG)), book.open(spec(iterations=100))
    until_at(paused, 10)
    book.pause(paused.id)
    until_paused(paused)
    until_ended(ended)
    stored(book)
    monkeypatch.setattr(module, "MAX_BYTES", 0)
    with book.reading(ended.id):
        book.store._source.tidy()
        assert not ended.is_shelved
    monkeypatch.setattr(use, "STAYS_S", 1e9)
    book.read(ended.id)
    book.store._source.tidy()
    assert not ended.is_shelved
    ended.use.expected_until = 0.0
    until_shelved(ended)
    assert not paused.is_shelved
    assert len(paused.trace) >= 10


def test_past_the_limit_those_go_that_were_asked_for_longest_ago(kept, monkeypatch):
    book = kept()
    runs = [book.open(spec(iterations=1000)) for _ in range(4)]
    until_ended(*runs)
    stored(book)
    for run in (runs[2], runs[0], runs[3], runs[1]):
        with book.reading(run.id):
            pass
    monkeypatch.setattr(module, "MAX_BYTES", 2 * runs[0].trace.nbytes)
    until_shelved(runs[2], runs[0])
    assert not runs[3].is_shelved
    assert not runs[1].is_shelved


def test_a_curve_waits_until_those_have_been_read_that_are_too_much_with_it(kept, monkeypatch):
    book, asked = kept(), spec(iterations=2000)
    runs = [book.open(asked) for _ in range(3)]
    until_ended(*runs)
    stored(book)
    monkeypatch.setattr(module, "MAX_BYTES", 1)
    until_shelved(*runs)
    monkeypatch.setattr(holdings, "ROOM_S", 0.0)
    with ExitStack() as first_reader, ThreadPoolExecutor() as others:
        first = first_reader.enter_context(book.reading(runs[0].id))
        assert losses(first) == curve(asked)  # one alone may be larger than all that may be there
        with pytest.raises(Busy) as refusal:
            book.read(runs[1].id)
        assert refusal.value.limit == ("curve_bytes", 1)
        monkeypatch.setattr(holdings, "ROOM_S", DEADLINE_S)
        waiting = others.submit(book.read, runs[1].id)
        assert not wait([waiting], timeout=0.1).done
        with book.reading(runs[0].id) as again:  # it is there
            assert again is first
        assert runs[1].is_shelved
        first_reader.close()
        assert losses(waiting.result(DEADLINE_S)) == curve(asked)
        assert first.is_shelved


def test_a_shelved_run_can_be_renamed_forked_and_replayed(kept, monkeypatch):
    book, asked = kept(), spec(iterations=300)
    run = book.open(asked)
    until_ended(run)
    stored(book)
    monkeypatch.setattr(module, "IDLE_S", 0.0)
    until_shelved(run)
    book.change(run.id, name="renamed", pinned=True)
    monkeypatch.undo()
    stored(book)
    (fork,) = book.fork(run.id, {"iterations": 400}, at=200)
    until_ended(fork, again := book.replay(run.id))
    assert losses(fork) == curve(spec(iterations=400))
    assert losses(again) == curve(asked)
    book.close()
    later = kept().find(run.id)
    assert (later.spec.name, later.pinned) == ("renamed", True)


def ended(book: Book, **fields: object) -> Run:
    run = book.open(spec(**fields))
    until_ended(run)
    return run


def test_the_oldest_make_room_in_the_store_too(kept):
    book = kept(keep=Keep(count=4))
    pinned, paused = book.open(spec(iterations=5)), book.open(spec(**LONG))
    book.change(pinned.id, pinned=True)
    until_at(paused, 1)
    book.pause(paused.id)
    until_ended(pinned)
    until_paused(paused)
    runs = [ended(book, iterations=5) for _ in range(4)]
    left = [*runs[:1:-1], paused, pinned]
    eventually(lambda: list(book.newest_first()) == left, "the room")
    stored(book)
    book.close()
    assert [run.id for run in kept().newest_first()] == [run.id for run in left]


def test_they_make_room_by_size(kept):
    book = kept(keep=Keep(size_bytes=3 * 8 * 2000))
    asked = {"iterations": 2000, "diagnostics_every": 0}
    runs = [ended(book, **asked) for _ in range(4)]
    eventually(lambda: len(list(book.newest_first())) == 3, "the room")
    assert runs[0] not in list(book.newest_first())


def test_deleting_shrinks_the_file(kept, tmp_path):
    book = kept()
    run = book.open(spec(iterations=60_000, diagnostics_every=0, gradients="gram"))
    small = book.open(spec(iterations=5))
    until_ended(run, small)
    stored(book)

    def size() -> int:
        return sum(file.stat().st_size for file in tmp_path.glob("reluscope.db*"))

    eventually(lambda: size() > 480_000, "the losses on disk")
    book.delete(run.id)
    stored(book)
    eventually(lambda: size() < 200_000, "the space")
    assert list(book.newest_first()) == [small]
