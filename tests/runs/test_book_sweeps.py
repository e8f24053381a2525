"""Several runs made at once: all of them, or none."""

import threading

import pytest

from reluscope.errors import InvalidFields, NoRoom, UnknownSweep
from reluscope.runs.book import Book
from reluscope.runs.register import Register
from reluscope.runs.store.writing import Batch

from .making import LONG, curve, losses, spec, until_ended
from .stored import life

SHORT = {"iterations": 5}


def points(specs):
    return [{"seed": one.seed} for one in specs]


def opened(book, *specs, **options):
    return book.open_all(specs, points(specs), **options)


def sweep_of(run):
    assert run.sweep is not None
    return run.sweep


def test_runs_that_are_not_alike_are_made_together_and_train_as_they_would_alone(book):
    specs = [spec(seed=1, **SHORT), spec(hidden=9, n=7, iterations=9), spec(relu="where", **SHORT)]
    runs = opened(book, *specs, name="mine")
    until_ended(*runs)
    assert [losses(run) for run in runs] == [curve(one) for one in specs]
    assert book.sweep(sweep_of(runs[0]).id) == runs
    members = [sweep_of(run) for run in runs]
    assert [(m.name, m.place, m.point["seed"]) for m in members] == [
        ("mine", 0, 1),
        ("mine", 1, 0),
        ("mine", 2, 0),
    ]
    assert [run.view().sweep for run in runs] == members
    assert runs == sorted(runs, key=lambda run: run.number)


def test_each_that_could_never_be_made_is_told_by_its_place():
    book = Book(cpu_workers=1, memory_bytes=10_000_000)
    with pytest.raises(InvalidFields) as refusal:
        opened(book, spec(), spec(hidden=1_000_000), spec(device="cuda:99"), spec(n=1_000_000))
    assert [error.field for error in refusal.value.errors] == ["1.hidden", "2.device", "3.n"]
    assert list(book.newest_first()) == []
    book.close()


def test_there_must_be_room_in_memory_for_all_of_them_together():
    small, large = spec(**LONG), spec(hidden=1000, n=100, **LONG)
    need = [one.training_bytes() + one.trace_bytes() for one in (small, large)]
    book = Book(cpu_workers=1, memory_bytes=sum(need))
    with pytest.raises(NoRoom, match=f"these 3 runs need {2 * need[0] + need[1]:,}") as refusal:
        opened(book, small, large, small)  # of three that were as large as the first, there is room
    assert refusal.value.limit == ("memory_bytes", sum(need))
    assert list(book.newest_first()) == []
    assert len(opened(book, small, large)) == 2
    book.close()


@pytest.mark.parametrize(
    ("limits", "limit"), [({"max_live": 3}, "live_runs"), ({"max_runs": 3}, "runs")]
)
def test_there_must_be_room_for_as_many(limits, limit):
    book = Book(cpu_workers=1, **limits)
    first = book.open(spec(**LONG))
    for many in (3, 4):  # too many now, and always
        with pytest.raises(NoRoom) as refusal:
            opened(book, *[spec(**LONG)] * many)
        assert refusal.value.limit == (limit, 3)
    assert list(book.newest_first()) == [first]
    assert len(opened(book, *[spec(**LONG)] * 2)) == 2
    book.close()


def test_a_sweep_is_there_as_long_as_one_of_its_runs_is(book):
    runs = opened(book, *[spec(**SHORT)] * 2)
    other = opened(book, spec(**SHORT))
    sweep_id = sweep_of(runs[0]).id
    assert [found for _, found in book.sweeps()] == [sweep_of(other[0]).id, sweep_id]
    book.delete(runs[0].id)
    assert book.sweep(sweep_id) == [runs[1]]
    book.delete(runs[1].id)
    with pytest.raises(UnknownSweep):
        book.sweep(sweep_id)
    assert [found for _, found in book.sweeps()] == [sweep_of(other[0]).id]


def test_what_is_made_of_its_runs_is_none_of_it(book):
    (run,) = opened(book, spec(**SHORT))
    until_ended(run)
    (fork,) = book.fork(run.id, {"iterations": 9})
    assert fork.sweep is None
    assert book.replay(run.id).sweep is None


def test_it_is_the_same_after_a_restart(tmp_path):
    with life(tmp_path) as book:
        runs = opened(book, *[spec(**SHORT)] * 3, name="mine", request=("key", b"digest"))
        until_ended(*runs)
        before = [run.view().sweep for run in runs]
    with life(tmp_path) as book:
        found = book.sweep(sweep_of(runs[0]).id)
        assert [run.id for run in found] == [run.id for run in runs]
        assert [run.view().sweep for run in found] == before
        assert book.made_by("key") in found


def swept(book, origin):
    opened(book, *[origin.spec] * 3)


def forked(book, origin):
    book.fork(origin.id, {}, count=3)


@pytest.mark.parametrize("make", [swept, forked])
def test_what_a_crash_leaves_of_it_is_all_or_nothing(tmp_path, monkeypatch, make):
    """The store, which is told of the first run before there is a second, does not write that alone."""
    written, wrote = [], threading.Event()
    write, enter = Batch.write, Register.enter

    def writing(batch, connection):
        written.append(len(batch._runs))
        write(batch, connection)
        wrote.set()

    def entering(register, run):
        enter(register, run)
        if not written:
            wrote.wait(0.2)  # the store's thread would have taken it by then

    monkeypatch.setattr(Batch, "write", writing)
    monkeypatch.setattr(Register, "enter", entering)
    with life(tmp_path) as book:
        origin = book.open(spec(pace=0.1))
        book.pause(origin.id)
        book.settled().result()
        written.clear()
        wrote.clear()
        make(book, origin)
        book.settled().result()
        assert written[0] == 3


def moved(book, runs):
    return [book.kept(run.id) for run in runs]


def test_a_sweep_that_is_imported_is_the_same_one_unless_it_is_here_already(book):
    runs = opened(book, *[spec(**SHORT)] * 3)
    until_ended(*runs)
    sweep_id, kept = sweep_of(runs[0]).id, moved(book, runs)
    twins = book.add(kept)
    (other_id,) = {sweep_of(run).id for run in twins}
    assert other_id != sweep_id
    assert book.sweep(sweep_id) == runs
    assert [sweep_of(run).place for run in book.sweep(other_id)] == [0, 1, 2]

    book.delete(runs[1].id)
    (back,) = book.add(kept[1:2])
    assert back.id == runs[1].id
    assert [run.id for run in book.sweep(sweep_id)] == [run.id for run in runs]
