"""Runs that share turns: each has the curve that it has alone, and stays its own master."""

import math
from collections import Counter

import pytest
import torch

from reluscope.runs.rounds import MAX_COMPANY, NEAR
from reluscope.training.relus import RELUS, Relu
from tests.waiting import eventually

from .making import LONG, curve, losses, others_have_had_turns, spec, until_at, until_ended

GRAM = {"gradients": "gram", "n": 8, "d_in": 12, "hidden": 6, "d_out": 2}


def test_every_curve_is_the_one_that_it_has_alone(book):
    runs = [
        book.open(
            spec(**GRAM, seed=seed, iterations=700 + 50 * seed, update={"lr": 1e-4 / (1 + seed)})
        )
        for seed in range(9)
    ]
    until_ended(*runs)
    for run in runs:
        assert run.status == "finished"
        assert losses(run) == curve(run.spec)


def test_one_that_diverges_pauses_or_fails_leaves_the_others_alone(book):
    calm = [book.open(spec(**GRAM, seed=seed, iterations=2000)) for seed in range(4)]
    wild = book.open(spec(**GRAM, seed=9, update={"lr": 1.0}, iterations=2000))
    halted = book.open(spec(**GRAM, seed=10, **LONG))
    until_at(halted, 50)
    book.pause(halted.id)
    stands_at = len(halted.trace)
    until_ended(*calm, wild)
    assert wild.status == "diverged"
    assert losses(wild) == curve(wild.spec)
    assert len(halted.trace) == stands_at
    assert losses(halted) == curve(halted.spec.model_copy(update={"iterations": stands_at}))
    for run in calm:
        assert losses(run) == curve(run.spec)


def test_a_step_in_company_is_of_exactly_so_many(narrow):
    busy = [narrow.open(spec(**GRAM, seed=seed, **LONG)) for seed in range(3)]
    for run in busy:
        until_at(run, 1)
    stepped = busy[1]
    narrow.pause(stepped.id)
    before = len(stepped.trace)
    narrow.step(stepped.id, 13)
    others_have_had_turns(narrow)
    assert (stepped.status, len(stepped.trace)) == ("paused", before + 13)


def test_one_with_a_pace_goes_alone_at_its_pace(book):
    paced = book.open(spec(**GRAM, pace=30.0, **LONG))
    others = [book.open(spec(**GRAM, seed=seed, **LONG)) for seed in range(1, 5)]
    for run in others:
        until_at(run, 1000)
    assert len(paced.trace) < 200


def test_rows_of_diagnostics_come_with_their_iterations(book):
    runs = [
        book.open(spec(**GRAM, seed=seed, iterations=500, diagnostics_every=7)) for seed in range(5)
    ]
    until_ended(*runs)
    for run in runs:
        assert run.trace.rows().shape == (72, 7)


def test_one_whose_relu_raises_fails_and_its_company_goes_on(book, monkeypatch):
    """With the losses of all iterations before, wherever its turns ended."""
    wild = spec(**GRAM, seed=9, iterations=3000, update={"lr": 0.03}, on_nonfinite="continue")
    full = curve(wild)
    last = next(at for at, loss in enumerate(full) if loss > 1e9)

    def picky(h):
        if h.abs().max() > 1e3:
            raise ValueError("h is too large for me")
        return torch.relu(h)

    own = Relu("picky", picky, "", "", "", "", elementwise=True)
    monkeypatch.setitem(RELUS, "picky", own)
    calm = [book.open(spec(**GRAM, relu="picky", seed=s, iterations=3000)) for s in range(4)]
    failing = book.open(wild.model_copy(update={"relu": "picky"}))
    until_ended(*calm, failing)
    assert (failing.status, failing.reason) == ("failed", "ValueError: h is too large for me")
    assert 1 < len(failing.trace) <= last
    assert losses(failing) == full[: len(failing.trace)]
    for run in calm:
        assert run.status == "finished"
        assert losses(run) == curve(run.spec)


@pytest.mark.parametrize("count", [20, 65, 100])
def test_companies_stay_as_they_are_and_all_get_on(book, count):
    """To put runs side by side anew costs as much as several iterations of them all."""
    runs = [book.open(spec(**GRAM, seed=seed, **LONG)) for seed in range(count)]
    for run in runs:
        until_at(run, 200)

    def companies():
        return [run.turn.company for run in runs]

    def have_stayed():
        before, starts = companies(), [len(run.trace) for run in runs]
        for run, start in zip(runs, starts, strict=True):
            until_at(run, start + 200)
        gone_on = [len(run.trace) - start for run, start in zip(runs, starts, strict=True)]
        return companies() == before and max(gone_on) < 10 * min(gone_on)

    eventually(have_stayed, "companies that stay")
    sizes = Counter(companies())
    assert all(company.size == size for company, size in sizes.items())
    assert len(sizes) == max(2, math.ceil(count / MAX_COMPANY))


def test_a_company_that_has_lost_most_is_filled_up(book):
    runs = [book.open(spec(**GRAM, seed=seed, **LONG)) for seed in range(40)]

    def companies(of):
        members = {}
        for run in of:
            members.setdefault(run.turn.company, []).append(run)
        return sorted(members.values(), key=len)

    eventually(lambda: [len(c) for c in companies(runs)] == [20, 20], "two companies")
    smaller = companies(runs)[0]
    gone = smaller[2:]
    for run in gone:
        book.pause(run.id)
    left = [run for run in runs if run not in gone]
    eventually(
        lambda: len(companies(left)) == 2 and len(companies(left)[-1]) <= 11 * NEAR,
        "a share for each worker",
    )


def test_a_worker_that_holds_too_many_leaves_the_other_its_share(book):
    runs = [book.open(spec(**GRAM, seed=seed, **LONG)) for seed in range(3)]
    for run in runs * 3:
        until_at(run, len(run.trace) + 1)
        book.pause(run.id)
        first, second = (other for other in runs if other is not run)
        eventually(
            lambda first=first, second=second: first.worker != second.worker, "a worker for each"
        )
        book.resume(run.id)
