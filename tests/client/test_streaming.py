from contextlib import closing

import numpy as np
import pytest

from reluscope import Client
from reluscope.client import (
    Deleted,
    Gone,
    InvalidRequest,
    Losses,
    Measured,
    NotConnected,
    Rewound,
    RunView,
)
from tests.server.serving import LONG, TINY
from tests.waiting import eventually


def test_each_iteration_comes_once_in_order_until_the_run_ends(scope):
    run = scope.create(**TINY, iterations=3000)
    streamed = list(run.stream())
    assert [iteration for iteration, _ in streamed] == list(range(3000))
    assert [loss for _, loss in streamed] == run.losses().tolist()
    assert run.status == "finished"  # told of meanwhile
    assert list(run.stream(2990)) == streamed[2990:]
    assert list(run.stream(3000)) == []
    with pytest.raises(Rewound, match="before iteration 3000 are true: it ended there"):
        next(run.stream(3001))


def test_blocks_are_arrays(scope):
    run = scope.create(**TINY, iterations=500)
    blocks = list(run.stream_blocks(start=100))
    assert blocks[0].first == 100
    assert [block.first for block in blocks[1:]] == [block.stop for block in blocks[:-1]]
    np.testing.assert_array_equal(
        np.concatenate([block.losses for block in blocks]), run.losses(100)
    )
    assert np.concatenate([b.iterations for b in blocks]).tolist() == list(range(100, 500))


def test_numbers_that_are_not_finite_are_streamed(scope, server):
    odd = [np.nan, np.inf, -np.inf, 1.0]
    run_id, start = server.paused_with(odd)
    with closing(scope.run(run_id).stream(start)) as stream:
        np.testing.assert_array_equal([next(stream)[1] for _ in odd], odd)


def test_it_goes_on_where_the_connection_was_lost(scope, relay):
    run = scope.create(**TINY, iterations=1500, pace=1000)
    came = []
    with Client(relay.url) as far:
        for iteration, loss in far.run(run.id).stream():
            came.append((iteration, loss))
            if iteration in (300, 900):
                relay.cut()
    assert relay.connections >= 3
    assert came == list(enumerate(run.losses().tolist()))


def test_it_gives_up_where_the_server_does_not_come_back(scope, relay):
    run = scope.create(**LONG, pace=100)
    with Client(relay.url, patience=0.5) as far:
        stream = far.run(run.id).stream()
        next(stream)
        relay.upstream = None
        relay.cut()
        with pytest.raises(NotConnected, match="nobody answers at"):
            list(stream)


def test_many_runs_are_watched_over_one_connection(scope, relay):
    runs = [scope.create(**TINY, iterations=200 + seed, seed=seed) for seed in range(5)]
    came = {run.id: [] for run in runs}
    with Client(relay.url) as far:
        for block in far.watch(runs):
            assert block.first == len(came[block.run_id])
            came[block.run_id] += block.losses.tolist()
    assert relay.connections == 1
    for run in runs:
        assert came[run.id] == run.losses().tolist()
        assert run.status == "finished"
    starts = {runs[0].id: 150}
    firsts = {block.run_id: block.first for block in scope.watch(runs[:2], starts)}
    assert firsts == {runs[0].id: 150, runs[1].id: 0}
    assert list(scope.watch([])) == []


def test_all_updates_of_a_run_are_told(scope):
    run = scope.create(**TINY, iterations=200, diagnostics_every=10)
    (channel, *_) = (c["name"] for c in scope.catalog().channels)
    updates = list(scope.updates([run], channels=[channel]))
    measured = [update for update in updates if isinstance(update, Measured)]
    assert {update.channel for update in measured} == {channel}
    told = run.diagnostics()
    for name, values in (("iterations", told.iterations), ("values", told[channel])):
        np.testing.assert_array_equal(np.concatenate([getattr(m, name) for m in measured]), values)
    views = [update for update in updates if isinstance(update, RunView)]
    assert views[-1].status == "finished"
    assert sum(len(update.losses) for update in updates if isinstance(update, Losses)) == 200


def test_a_channel_that_is_not_there_is_refused(scope):
    run = scope.create(**TINY, iterations=20)
    with pytest.raises(InvalidRequest, match="channels") as caught:
        list(scope.updates([run], channels=["nope"]))
    assert caught.value.kind == "invalid-fields"
    assert scope.catalog().channels[0]["name"] in caught.value.errors[0].allowed


def test_a_run_that_is_deleted_ends_a_stream_by_an_error_and_a_watch_by_itself(scope):
    run, other = (scope.create(**LONG, pace=100) for _ in range(2))
    stream = run.stream()
    next(stream)
    watch = scope.watch([run, other])
    next(watch)
    updates = scope.updates([other])
    next(updates)
    run.delete()
    with pytest.raises(Gone) as caught:
        list(stream)
    assert caught.value.run_id == run.id
    other.delete()
    list(watch)
    assert list(updates)[-1] == Deleted(other.id)
    with pytest.raises(Gone):
        list(run.stream())


def test_a_stream_that_is_left_lets_its_connection_go(scope, server):
    run = scope.create(**LONG, pace=100)
    for _ in run.stream():
        break
    eventually(lambda: not server.hub.clients, "the viewers to leave")
