"""What a book has no room for: devices, sizes, memory, too many runs."""

import contextlib

import pytest

from reluscope.errors import InvalidFields, NoRoom
from reluscope.runs.book import Book
from reluscope.runs.run import Run
from tests.waiting import eventually

from .making import LONG, spec, until_ended


def opened_once_there_is_room(book: Book) -> Run:
    """A turn that is under way holds what it needs until it is over."""

    def opened() -> Run | None:
        with contextlib.suppress(NoRoom):
            return book.open(spec(**LONG))
        return None

    return eventually(opened, "room for the next")


def test_a_device_that_is_not_there_is_refused_with_those_that_are(book):
    with pytest.raises(InvalidFields) as refusal:
        book.open(spec(device="cuda:99"))
    (error,) = refusal.value.errors
    assert (error.field, error.given) == ("device", "cuda:99")
    assert "cpu" in error.allowed


def test_a_network_that_could_never_fit_is_refused_by_its_largest_size():
    book = Book(cpu_workers=1, memory_bytes=10_000_000)
    with pytest.raises(InvalidFields) as refusal:
        book.open(spec(hidden=1_000_000))
    (error,) = refusal.value.errors
    assert error.field == "hidden"
    assert error.allowed == {"memory_bytes": 10_000_000}
    assert list(book.newest_first()) == []
    book.close()


def test_there_is_room_for_as_many_as_fit():
    need = spec(**LONG).training_bytes() + spec(**LONG).trace_bytes()
    book = Book(cpu_workers=1, memory_bytes=int(2.5 * need))
    first, _second = book.open(spec(**LONG)), book.open(spec(**LONG))
    with pytest.raises(NoRoom, match=r"delete some"):
        book.open(spec(**LONG))
    book.stop(first.id)
    third = opened_once_there_is_room(book)
    book.delete(third.id)
    opened_once_there_is_room(book)
    book.close()


def test_a_run_that_is_deleted_in_a_turn_takes_room_until_that_is_over(gate):
    need = spec(**LONG).training_bytes() + spec(**LONG).trace_bytes()
    book = Book(cpu_workers=1, memory_bytes=int(1.5 * need))
    run = book.open(spec(relu="gated", **LONG))
    gate.wait_until_reached()
    book.delete(run.id)
    with pytest.raises(NoRoom):
        book.open(spec(**LONG))
    gate.open()
    opened_once_there_is_room(book)
    book.close()


def test_the_curves_of_runs_that_have_ended_take_room_too():
    book = Book(cpu_workers=1, memory_bytes=100_000)
    opened = []
    with contextlib.suppress(NoRoom):
        while len(opened) < 100:
            opened.append(book.open(spec(iterations=1000)))
            until_ended(opened[-1])
    assert 1 <= len(opened) < 100
    for run in opened:
        book.delete(run.id)
    book.open(spec(iterations=1000))
    book.close()


def test_a_curve_that_is_too_long_is_the_length_s_fault():
    book = Book(cpu_workers=1, memory_bytes=1_000_000)
    with pytest.raises(InvalidFields) as refusal:
        book.open(spec(iterations=1_000_000))
    assert [error.field for error in refusal.value.errors] == ["iterations"]
    book.close()


def test_only_so_many_runs_may_be_live():
    book = Book(cpu_workers=1, max_live=2)
    first, _second = book.open(spec(**LONG)), book.open(spec(**LONG))
    with pytest.raises(NoRoom, match="2 runs are live"):
        book.open(spec())
    book.stop(first.id)
    book.open(spec())
    book.close()


def test_only_so_many_runs_may_be_kept():
    book = Book(cpu_workers=1, max_runs=2)
    first, second = book.open(spec(iterations=1)), book.open(spec(iterations=1))
    until_ended(first, second)
    with pytest.raises(NoRoom, match="2 runs are kept"):
        book.open(spec())
    book.delete(first.id)
    book.open(spec())
    book.close()
