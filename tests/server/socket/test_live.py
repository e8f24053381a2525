"""The live socket: every value and every change of the list, once."""

import asyncio
import contextlib
import json
import math
import random
import time

import numpy as np
import pytest
import websockets.asyncio.client
from websockets.exceptions import ConnectionClosed

from reluscope.server.socket import feed as feed_room
from tests.waiting import DEADLINE_S, eventually

from ..serving import LONG, TINY
from ..watching import Curves, Viewer, losses_of

# --- values


def test_a_run_is_told_from_its_first_to_its_last_iteration(api, live_url):
    run_id = api.start(**TINY)
    curves = Curves({run_id: 0})
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: 0})
        viewer.read(curves, {run_id: 500})
        assert_ticks_bring_no_values(api, viewer, run_id)
    assert curves.losses[run_id] == api.losses(run_id)


def test_a_block_is_as_documented(api, live_url):
    before = time.time()
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: 0})
        (block,) = viewer.until(losses_of)
    assert (block.version, block.kind, block.channel) == (1, 1, 0)
    assert (block.run_id, block.first, len(block.values)) == (run_id, 0, 500)
    assert list(block.values) == api.losses(run_id)
    assert before < block.produced_at <= time.time()


def test_the_age_of_a_block_is_that_of_its_newest_loss(server, live_url):
    run_id, start = server.paused_with(np.zeros(5))
    for at in (1000.5, 2000.5):
        server.extend(run_id, np.zeros(5), at)
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: start})
        last = viewer.until(
            lambda m: next((b for b in losses_of(m) if b.first + len(b.values) == start + 15), None)
        )
    assert last.produced_at == 2000.5
    server.book.delete(run_id)


def test_many_runs_come_in_blocks_of_one_message(api, live_url):
    ids = [api.start(**TINY, seed=seed) for seed in range(5)]
    api.until_ended(*ids)
    with Viewer(live_url) as viewer:
        viewer.until_sync()
        viewer.watch(dict.fromkeys(ids, 0))
        found = viewer.until(losses_of)
    assert {block.run_id for block in found} == set(ids)


@pytest.mark.parametrize("cursor", [1, 250, 499])
def test_values_come_from_the_cursor_on(api, live_url, cursor):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    curves = Curves({run_id: cursor})
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: cursor})
        viewer.read(curves, {run_id: 500})
    assert curves.losses[run_id] == api.losses(run_id)[cursor:]


@pytest.mark.parametrize("cursor", [500, 10_000, 2**53])
def test_a_cursor_at_or_beyond_the_end_gets_nothing(api, live_url, cursor):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: cursor})
        assert_ticks_bring_no_values(api, viewer, run_id)


def assert_ticks_bring_no_values(api, viewer, run_id):
    """News of a run take a tick, and what values there are at that tick go with them."""
    for name in ("one", "two"):
        api.http.patch(f"/api/runs/{run_id}", json={"name": name})
        while viewer.runs.get(run_id, {}).get("spec", {}).get("name") != name:
            assert isinstance(viewer.receive(), str)


def test_a_cursor_beyond_the_head_is_waited_for(api, live_url):
    run_id = api.start(**TINY, pace=1e-3)
    api.until_at(run_id, 1)
    curves = Curves({run_id: 300})
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: 300})
        viewer.until_sync()
        api.http.patch(f"/api/runs/{run_id}", json={"pace": None})
        viewer.read(curves, {run_id: 500})
    assert curves.losses[run_id] == api.losses(run_id)[300:]


def test_watching_again_moves_the_cursor(api, live_url):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    with Viewer(live_url) as viewer:
        for cursor in (0, 400, 0):
            curves = Curves({run_id: cursor})
            viewer.watch({run_id: cursor})
            viewer.read(curves, {run_id: 500})
            assert curves.losses[run_id] == api.losses(run_id)[cursor:]


def test_an_unwatched_run_is_told_no_longer_and_the_others_are(api, live_url):
    left, kept = (api.start(**{**LONG, "pace": 2000.0}) for _ in range(2))
    curves = Curves({left: 0, kept: 0})
    with Viewer(live_url) as viewer:
        viewer.watch({left: 0, kept: 0})
        viewer.read(curves, {left: 5, kept: 5})
        viewer.send({"type": "unwatch", "runs": [left, "never watched"]})
        for message in viewer.until_sync():
            curves.take(message)
        left_at = curves.cursors()[left]
        viewer.read(curves, {kept: curves.cursors()[kept] + 200})
        assert curves.cursors()[left] == left_at
        viewer.watch({left: left_at})
        viewer.read(curves, {left: left_at + 5})


def test_two_viewers_get_the_same(api, live_url):
    ids = [api.start(**{**TINY, "iterations": 1000, "seed": seed}) for seed in range(3)]
    curves = [Curves(dict.fromkeys(ids, 0)) for _ in range(2)]
    with Viewer(live_url) as one, Viewer(live_url) as other:
        for viewer in (one, other):
            viewer.watch(dict.fromkeys(ids, 0))
        one.read(curves[0], dict.fromkeys(ids, 1000))
        other.read(curves[1], dict.fromkeys(ids, 1000))
    assert curves[0].losses == curves[1].losses
    assert curves[0].losses == {run_id: api.losses(run_id) for run_id in ids}


def test_nan_and_infinity_come_with_their_bits(server, live_url):
    bits = np.array([0x7FF8_0000_0000_0001, 0xFFF8_DEAD_BEEF_0000, 0x7FF0 << 48, 0xFFF0 << 48, 1])
    values = bits.astype(np.uint64).view(np.float64)
    run_id, start = server.paused_with(values)
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: start})
        (block,) = viewer.until(losses_of)
    assert block.raw == values.tobytes()


@pytest.mark.parametrize("on_nonfinite", ["stop", "continue"])
def test_a_run_that_goes_to_nan_streams_to_its_end(api, live_url, on_nonfinite):
    run_id = api.start(**{**TINY, "update": {"lr": 1.0}, "on_nonfinite": on_nonfinite})
    (view,) = api.until_ended(run_id)
    for encoding in ("binary", "json"):
        curves = Curves({run_id: 0})
        with Viewer(f"{live_url}?encoding={encoding}") as viewer:
            viewer.watch({run_id: 0})
            viewer.read(curves, {run_id: view["iteration"]})
        found = curves.losses[run_id]
        assert not math.isfinite(found[-1])
        assert np.array_equal(found, api.losses(run_id), equal_nan=True)
        assert sum(map(math.isfinite, found)) == (len(found) - 1 if on_nonfinite == "stop" else 3)


def test_values_come_as_json_for_who_asks(api, live_url):
    run_id = api.start(**{**TINY, "iterations": 2000})
    curves = Curves({run_id: 0})
    with Viewer(f"{live_url}?encoding=json") as viewer:
        viewer.watch({run_id: 0})
        messages = viewer.read(curves, {run_id: 2000})
    assert not any(isinstance(message, bytes) for message in messages)
    said = [json.loads(message) for message in messages]
    values = [message for message in said if message["type"] == "losses"]
    assert all(set(m) == {"type", "id", "start", "losses", "produced_at"} for m in values)
    assert curves.losses[run_id] == api.losses(run_id)


def test_an_unknown_encoding_is_refused(live_url):
    with pytest.raises(websockets.exceptions.InvalidStatus) as refusal:
        Viewer(f"{live_url}?encoding=morse")
    assert refusal.value.response.status_code == 422
    (error,) = json.loads(refusal.value.response.body)["errors"]
    assert (error["field"], error["given"]) == ("encoding", "morse")
    assert "'binary' or 'json'" in error["message"]


# --- the list of runs


def test_a_viewer_may_be_told_of_what_it_watches_alone(api, live_url):
    other, mine = (api.start(**LONG, pace=50) for _ in range(2))
    with Viewer(f"{live_url}?list=watched") as viewer:
        viewer.watch({mine: 0})
        viewer.until(lambda _: "spec" in viewer.runs.get(mine, {}))
        api.verb(other, "stop")
        api.verb(mine, "stop")
        viewer.until(lambda _: viewer.runs[mine]["status"] == "stopped")
        assert viewer.runs == {mine: api.show(mine)}
        for run_id in (other, mine):
            api.http.delete(f"/api/runs/{run_id}")
        viewer.until(lambda _: viewer.gone)
        assert viewer.gone == [mine]


def test_a_viewer_is_told_all_runs_whole_and_then_their_changes(api, live_url):
    old = api.start(**TINY, name="old")
    (view,) = api.until_ended(old)
    with Viewer(live_url) as viewer:
        viewer.until(lambda _: viewer.runs.get(old, {}).get("status") == "finished")
        assert viewer.runs[old] == view
        new = api.start(**LONG, name="new")
        first = viewer.until(
            lambda m: next((r for r in _runs(m) if r["id"] == new and "spec" in r), None)
        )
        assert set(first) == set(view)
        change = viewer.until(lambda m: next((r for r in _runs(m) if r["id"] == new), None))
        assert "iteration" in change
        assert "spec" not in change
        assert "created_at" not in change
        api.verb(new, "pause")
        viewer.until(lambda _: viewer.runs[new]["status"] == "paused")
        viewer.until_sync()
        assert viewer.runs[new] == api.show(new)


def test_the_message_with_which_the_list_is_whole_says_so(api, live_url, monkeypatch):
    monkeypatch.setattr(feed_room, "MAX_RUNS", 2)
    ids = {api.start(**TINY) for _ in range(5)}
    api.until_ended(*ids)
    with Viewer(live_url) as early:  # so that the hub has looked
        early.until(lambda _: all(early.runs.get(i, {}).get("status") == "finished" for i in ids))
    with Viewer(live_url) as viewer:
        whole = viewer.until(
            lambda m: isinstance(m, str) and json.loads(m).get("complete") and set(viewer.runs)
        )
        assert whole == ids
        new = api.start(**TINY)
        said = viewer.until(lambda m: isinstance(m, str) and new in m and json.loads(m))
        assert "complete" not in said


def test_a_deleted_run_is_gone_for_every_viewer(api, live_url):
    run_id = api.start(**LONG)
    with Viewer(live_url) as watching, Viewer(live_url) as other:
        watching.watch({run_id: 0})
        for viewer in (watching, other):
            viewer.until(lambda _, viewer=viewer: run_id in viewer.runs)
        api.http.delete(f"/api/runs/{run_id}")
        for viewer in (watching, other):
            viewer.until(lambda _, viewer=viewer: run_id in viewer.gone)
            assert run_id not in viewer.runs


def test_a_viewer_that_comes_late_knows_the_same_runs(api, live_url):
    ids = [api.start(**TINY, name=str(number)) for number in range(10)]
    api.until_ended(*ids)
    with Viewer(live_url) as early:
        early.until(lambda _: set(early.runs) >= set(ids))
        api.http.delete(f"/api/runs/{ids[3]}")
        early.until(lambda _: ids[3] in early.gone)
        with Viewer(live_url) as late:
            late.until(lambda _: late.runs)
            late.until_sync()
            early.until_sync()
            assert late.runs == early.runs
            assert set(late.runs) == set(ids) - {ids[3]}


def test_news_of_runs_come_at_most_five_times_a_second(api, live_url):
    for seed in range(4):
        api.start(**LONG, seed=seed)
    began = time.monotonic()
    with Viewer(live_url) as viewer:
        told = 0
        while told < 6:
            told += bool(_runs(viewer.receive()))
    assert told <= (time.monotonic() - began) * 5 + 2


def _runs(message):
    said = json.loads(message) if isinstance(message, str) else {}
    return said["runs"] if said.get("type") == "runs" else []


# --- exactly once, whatever happens to the connection


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_viewer_that_comes_and_goes_sees_every_iteration_once(api, live_url, seed):
    """Two runs train by themselves; the third goes on at every visit, so that each finds news."""
    chance = random.Random(seed)
    spec = {**TINY, "iterations": 1500}
    ids = [api.start(**spec, pace=pace, seed=n) for n, pace in enumerate([1500.0, None])]
    stepped = api.start(**spec, seed=2)
    api.verb(stepped, "pause")
    curves = Curves(dict.fromkeys((*ids, stepped), 0))
    ends = {"cut": 0, "closed": 0}

    async def visit(goal: int) -> None:
        async with websockets.asyncio.client.connect(live_url, max_size=None) as connection:
            watch = {"type": "watch", "runs": curves.cursors()}
            await connection.send(json.dumps(watch))
            for _ in range(chance.randrange(5)):
                if curves.cursors()[stepped] >= goal:
                    break
                curves.take(await asyncio.wait_for(connection.recv(), DEADLINE_S))
            if chance.random() < 0.5:
                ends["cut"] += 1
                connection.transport.abort()
            else:
                ends["closed"] += 1

    for _ in range(15):
        # A step that is asked for before the last one is done begins where that one is.
        eventually(lambda: api.show(stepped)["status"] == "paused", "its pause")
        goal = api.show(stepped)["iteration"] + 75
        api.verb(stepped, "step", iterations=75)
        with contextlib.suppress(ConnectionClosed):
            asyncio.run(visit(goal))
    assert min(ends.values()) >= 2
    api.verb(stepped, "resume")
    with Viewer(live_url) as viewer:
        viewer.watch(curves.cursors())
        viewer.read(curves, dict.fromkeys(curves.losses, 1500))
    assert curves.losses == {run_id: api.losses(run_id) for run_id in curves.losses}
