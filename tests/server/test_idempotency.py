import asyncio

import pytest

from reluscope.errors import KeyReused, KeySpent, NoRoom
from reluscope.runs.book import Book
from reluscope.server import idempotency
from reluscope.server.idempotency import Answers
from reluscope.training.spec import RunSpec

SPEC = RunSpec(n=1, d_in=1, hidden=1, d_out=1, iterations=1)
OTHER = SPEC.model_copy(update={"seed": 1})


@pytest.fixture
def book():
    made = Book(cpu_workers=1)
    yield made
    made.close()


def run_of(answers, key, spec, book):
    """What is made of a request, or found."""
    return asyncio.run(answers.run_of(key, spec, book))


def count(book):
    return len(list(book.newest_first()))


def test_a_key_makes_one_run(book):
    answers = Answers()
    first = run_of(answers, "key", SPEC, book)
    assert run_of(answers, "key", SPEC, book) is first
    assert run_of(answers, "another", SPEC, book) is not first
    assert count(book) == 2


def test_a_known_key_with_another_spec_is_refused(book):
    answers = Answers()
    run_of(answers, "key", SPEC, book)
    with pytest.raises(KeyReused):
        run_of(answers, "key", OTHER, book)
    assert count(book) == 1


def test_a_key_whose_run_was_deleted_makes_no_second_one(book):
    answers = Answers()
    run = run_of(answers, "key", SPEC, book)
    book.delete(run.id)
    with pytest.raises(KeySpent, match=run.id):
        run_of(answers, "key", SPEC, book)
    assert count(book) == 0


def test_who_comes_while_a_key_makes_something_waits_for_it(book):
    answers, made = Answers(), []

    async def ask():
        may = asyncio.Event()

        async def make(request):
            made.append(request)
            await may.wait()
            return book.open_all([SPEC], [{}], request=request)[0].sweep.id

        calls = [answers.sweep_of("key", b"", book, make) for _ in range(3)]
        asking = asyncio.gather(*calls)
        await asyncio.sleep(0)  # all of them have come
        may.set()
        return await asking

    (first, *others) = asyncio.run(ask())
    assert others == [first, first]
    assert len(made) == count(book) == 1


def test_a_key_that_made_nothing_is_still_new():
    answers = Answers()
    full, roomy = Book(cpu_workers=1, max_runs=0), Book(cpu_workers=1)
    with pytest.raises(NoRoom):
        run_of(answers, "key", SPEC, full)
    assert run_of(answers, "key", OTHER, roomy).spec == OTHER
    for book in (full, roomy):
        book.close()


def test_a_key_is_known_as_long_as_its_run_is_there(book, monkeypatch):
    """Also where that comes from the store, however late."""
    monkeypatch.setattr(idempotency, "MAX_KEYS", 3)
    answers = Answers()
    made = [run_of(answers, f"key {number}", SPEC, book) for number in range(5)]
    for again in (answers, Answers()):
        for number in range(5):
            assert run_of(again, f"key {number}", SPEC, book) is made[number]
        with pytest.raises(KeyReused):
            run_of(again, "key 0", OTHER, book)


def test_the_oldest_keys_whose_runs_are_gone_are_forgotten(book, monkeypatch):
    monkeypatch.setattr(idempotency, "MAX_KEYS", 3)
    answers = Answers()
    made = [run_of(answers, f"key {number}", SPEC, book) for number in range(5)]
    for run in made:
        book.delete(run.id)
    for number in (2, 3, 4):
        with pytest.raises(KeySpent):
            run_of(answers, f"key {number}", SPEC, book)
    assert run_of(answers, "key 0", SPEC, book) is not made[0]
