import asyncio
import contextlib
import json
import math
import random
import time

import numpy as np
import psutil
import pytest
import websockets.asyncio.client
from websockets.exceptions import ConnectionClosed

from reluscope.server import feed as feed_room
from reluscope.server import live as live_room
from tests.waiting import DEADLINE_S, eventually

from .serving import LONG, TINY
from .stalled import StalledViewer
from .watching import Curves, Viewer, blocks_of

FRAME_BYTES = 256 * 1024


def paused_with(server, losses, **fields):
    """A paused run whose trace goes on with losses of a test's own; its id and where they start."""
    run_id = server.api.start(**{**LONG, **fields})
    server.api.verb(run_id, "pause")
    trace = server.book.find(run_id).trace
    start = len(trace)
    trace.extend(np.asarray(losses, dtype=np.float64), time.time())
    server.book.change(run_id, name="extended")
    eventually(lambda: server.hub.head(run_id) == len(trace), "the hub's look at the trace")
    return run_id, start


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
        (block,) = viewer.until(lambda m: isinstance(m, bytes) and list(blocks_of(m)))
    assert (block.version, block.kind, block.channel) == (1, 1, 0)
    assert (block.run_id, block.first, len(block.losses)) == (run_id, 0, 500)
    assert list(block.losses) == api.losses(run_id)
    assert before < block.produced_at <= time.time()


def test_the_age_of_a_block_is_that_of_its_newest_loss(server, live_url):
    run_id, start = paused_with(server, np.zeros(5))
    trace = server.book.find(run_id).trace
    for at in (1000.5, 2000.5):
        trace.extend(np.zeros(5), at)
    server.book.change(run_id, name="more")
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: start})
        last = viewer.until(
            lambda m: (
                isinstance(m, bytes)
                and next((b for b in blocks_of(m) if b.first + len(b.losses) == start + 15), None)
            )
        )
    assert last.produced_at == 2000.5
    server.book.delete(run_id)


def test_many_runs_come_in_blocks_of_one_message(api, live_url):
    ids = [api.start(**TINY, seed=seed) for seed in range(5)]
    api.until_ended(*ids)
    with Viewer(live_url) as viewer:
        viewer.until_sync()
        viewer.watch(dict.fromkeys(ids, 0))
        found = viewer.until(lambda m: isinstance(m, bytes) and list(blocks_of(m)))
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
    run_id, start = paused_with(server, values)
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: start})
        (block,) = viewer.until(lambda m: isinstance(m, bytes) and list(blocks_of(m)))
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


# --- what a viewer may say


def test_a_ping_is_answered_with_its_own_word_and_the_time(live_url):
    with Viewer(live_url) as viewer:
        before = time.time()
        viewer.send({"type": "ping", "t": 12.5})
        said = viewer.until_said("pong")
    assert said["t"] == 12.5
    assert before <= said["now"] <= time.time()


WRONG = [
    ("", ""),
    ("hello", ""),
    ('{"type":', ""),
    (b"\x00\x01", ""),
    (b'{"type":"ping","t":1}', ""),
    ("null", ""),
    ("[]", ""),
    ("5", ""),
    ("9" * 5000, ""),
    ("{}", "type"),
    ('{"type": "guess"}', "type"),
    ('{"type": 5}', "type"),
    ('{"type": "\\ud800"}', "type"),
    ('{"type": "ping"}', "t"),
    ('{"type": "ping", "t": "now"}', "t"),
    ('{"type": "ping", "t": null}', "t"),
    ('{"type": "ping", "t": NaN}', "t"),
    ('{"type": "ping", "t": 1e999}', "t"),
    ('{"type": "ping", "t": ' + "9" * 400 + "}", "t"),
    ('{"type": "ping", "t": 1, "u": 2}', "u"),
    ('{"type": "watch"}', "runs"),
    ('{"type": "watch", "runs": ["a"]}', "runs"),
    ('{"type": "watch", "runs": {"a": -1}}', "runs.a"),
    ('{"type": "watch", "runs": {"a": 0.5}}', "runs.a"),
    ('{"type": "watch", "runs": {"a": "0"}}', "runs.a"),
    ('{"type": "watch", "runs": {"a": true}}', "runs.a"),
    ('{"type": "watch", "runs": {"a": null}}', "runs.a"),
    ('{"type": "watch", "runs": {"a": ' + "9" * 30 + "}}", "runs.a"),
    ('{"type": "watch", "runs": {}, "more": 1}', "more"),
    ('{"type": "unwatch", "runs": {"a": 1}}', "runs"),
    ('{"type": "unwatch", "runs": [5]}', "runs.0"),
    (json.dumps({"type": "watch", "runs": {str(n): 0 for n in range(1001)}}), "runs"),
]


@pytest.mark.parametrize(("message", "field"), WRONG, ids=lambda part: str(part)[:40])
def test_a_wrong_message_gets_an_error_and_the_socket_lives(api, live_url, message, field):
    run_id = api.start(**TINY)
    curves = Curves({run_id: 0})
    with Viewer(live_url) as viewer:
        viewer.send(message)
        said = viewer.until_said("error")
        assert said["detail"]
        assert [error["field"] for error in said["errors"]] == [field]
        viewer.until_sync()
        viewer.watch({run_id: 0})
        viewer.read(curves, {run_id: 500})


@pytest.mark.parametrize("part", ['{"type": "ping", "t": %s}', '{"type": %s}', "%s"])
def test_a_deeply_nested_message_gets_an_error_at_any_depth(live_url, part):
    with Viewer(live_url) as viewer:
        for depth in (*range(900, 1010, 2), 20_000):
            for message in (
                part % ("[" * depth + "]" * depth),
                part % ('{"a":' * depth + "1" + "}" * depth),
                "[" * depth,
            ):
                if len(message) < 60_000:
                    viewer.send(message)
                    assert viewer.until_said("error")["detail"]


def test_a_message_that_says_what_may_come(live_url):
    with Viewer(live_url) as viewer:
        viewer.send({"type": "guess"})
        (error,) = viewer.until_said("error")["errors"]
    assert error["allowed"] == ["watch", "unwatch", "ping"]


def test_a_message_without_a_type_is_told_the_types(live_url):
    with Viewer(live_url) as viewer:
        viewer.send({})
        (error,) = viewer.until_said("error")["errors"]
    assert "watch" in f"{error['message']} {error.get('allowed')}"


def test_a_message_beyond_all_measure_ends_that_socket_alone(live_url):
    with Viewer(live_url) as other:
        with Viewer(live_url) as viewer:
            viewer.send("a" * 100_000)
            with pytest.raises(ConnectionClosed) as closed:
                viewer.until_sync()
            # Where the rest of the message met a closed socket, the answer to that comes first.
            assert closed.value.rcvd is None or closed.value.rcvd.code == 1009
        other.until_sync()


def test_runs_that_are_not_there_are_gone_and_the_others_are_watched(api, live_url):
    run_id = api.start(**TINY)
    curves = Curves({run_id: 0})
    with Viewer(live_url) as viewer:
        viewer.watch({"nobody": 0, run_id: 0, "\ud800": 3})
        assert viewer.until_said("gone")["ids"] == ["nobody", "\ud800"]
        viewer.read(curves, {run_id: 500})


def test_a_socket_watches_only_so_many_runs(api, live_url, monkeypatch):
    monkeypatch.setattr(live_room, "MAX_WATCHED", 3)
    ids = [api.start(**TINY) for _ in range(4)]
    api.until_ended(*ids)
    with Viewer(live_url) as viewer:
        for _ in range(2):  # watching again takes no more places
            viewer.watch(dict.fromkeys(ids[:3], 0))
        viewer.watch({ids[3]: 0})
        said = viewer.until_said("error")
        assert said["errors"][0]["field"] == "runs"
        assert "3" in said["detail"]
        viewer.send({"type": "unwatch", "runs": ids[:1]})
        viewer.watch({ids[3]: 0})
        viewer.read(Curves(dict.fromkeys(ids, 0)), {ids[3]: 500})


def test_runs_that_are_gone_are_watched_no_longer(api, live_url, monkeypatch):
    """Else a page that stays open for weeks could one day watch nothing more."""
    monkeypatch.setattr(live_room, "MAX_WATCHED", 2)
    with Viewer(live_url) as viewer:
        for _ in range(3):
            ids = [api.start(**TINY) for _ in range(2)]
            viewer.until(lambda _, ids=ids: set(ids) <= set(viewer.runs))
            viewer.watch(dict.fromkeys(ids, 0))
            viewer.read(Curves(dict.fromkeys(ids, 0)), dict.fromkeys(ids, 500))
            for run_id in ids:
                api.http.delete(f"/api/runs/{run_id}")
            viewer.until(lambda _, ids=ids: set(ids) <= set(viewer.gone))


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
                if curves.cursors()[stepped] == goal:
                    break
                curves.take(await asyncio.wait_for(connection.recv(), DEADLINE_S))
            if chance.random() < 0.5:
                ends["cut"] += 1
                connection.transport.abort()
            else:
                ends["closed"] += 1

    before = api.show(stepped)["iteration"]
    for number in range(1, 16):
        api.verb(stepped, "step", iterations=75)
        with contextlib.suppress(ConnectionClosed):
            asyncio.run(visit(before + 75 * number))
    assert min(ends.values()) >= 2
    api.verb(stepped, "resume")
    with Viewer(live_url) as viewer:
        viewer.watch(curves.cursors())
        viewer.read(curves, dict.fromkeys(curves.losses, 1500))
    assert curves.losses == {run_id: api.losses(run_id) for run_id in curves.losses}


# --- how much, how often, and who stands still


def test_a_viewer_far_behind_catches_up_in_messages_of_bounded_size_and_number(server, live_url):
    values = np.random.default_rng(0).random(200_000)
    ids, starts = zip(*(paused_with(server, values) for _ in range(3)), strict=True)
    curves = Curves(dict(zip(ids, starts, strict=True)))
    began = time.monotonic()
    with Viewer(live_url) as viewer:
        viewer.watch(curves.cursors())
        messages = viewer.read(
            curves, {run_id: start + len(values) for run_id, start in zip(ids, starts, strict=True)}
        )
    binary = [message for message in messages if isinstance(message, bytes)]
    assert max(map(len, binary)) <= FRAME_BYTES
    assert {block.run_id for block in blocks_of(binary[0])} == set(ids)
    assert len(binary) <= (time.monotonic() - began) * 30 + 2
    assert len(binary) < 1.2 * 3 * values.nbytes / FRAME_BYTES + 5
    for run_id in ids:
        assert np.array_equal(curves.losses[run_id], values)
        server.book.delete(run_id)


def test_many_live_runs_take_no_more_messages_than_one(api, live_url):
    ids = [api.start(**{**TINY, "iterations": 400, "seed": seed}) for seed in range(16)]
    curves = Curves(dict.fromkeys(ids, 0))
    began = time.monotonic()
    with Viewer(live_url) as viewer:
        viewer.watch(curves.cursors())
        messages = viewer.read(curves, dict.fromkeys(ids, 400))
    binary = [message for message in messages if isinstance(message, bytes)]
    assert len(binary) <= (time.monotonic() - began) * 30 + 2
    assert all(len(curves.losses[run_id]) == 400 for run_id in ids)


def test_whoever_got_nothing_of_one_message_comes_first_in_the_next(server, live_url, monkeypatch):
    fit = 4
    monkeypatch.setattr(live_room, "MESSAGE_BYTES", fit * (40 + 8 * live_room.MIN_SHARE))
    values = np.arange(700.0)
    made = dict(paused_with(server, values) for _ in range(12))
    curves = Curves(made)
    with Viewer(live_url) as viewer:
        viewer.watch(made)
        messages = viewer.read(curves, {run_id: start + 700 for run_id, start in made.items()})
    seen = [{block.run_id for block in blocks_of(m)} for m in messages if isinstance(m, bytes)]
    assert all(len(ids) == fit for ids in seen[:6])
    assert set.union(*seen[:3]) == set.union(*seen[3:6]) == set(made)
    for run_id in made:
        assert curves.losses[run_id] == values.tolist()
        server.book.delete(run_id)


def test_what_was_sent_is_not_kept(server, live_url):
    """A finished run that one viewer reads leaves nothing behind, though no run moves any more."""
    values = np.zeros(400_000)
    run_id, start = paused_with(server, values)
    for offset in range(3):
        with Viewer(live_url) as viewer:
            viewer.watch({run_id: start + offset})
            goal = {run_id: start + len(values)}
            viewer.read(Curves({run_id: start + offset}), goal)
    kept = eventually(
        lambda: sum(map(len, server.hub._blocks.values())) < values.nbytes / 2 or None,
        "the end of what was encoded",
        deadline_s=5,
    )
    assert kept
    server.book.delete(run_id)


def test_viewers_that_never_read_hold_up_nobody(server, api, live_url):
    values = np.random.default_rng(0).random(1_500_000)
    run_id, start = paused_with(server, values)
    goal = {run_id: start + len(values)}
    memory = psutil.Process().memory_info().rss
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stalled = stack.enter_context(StalledViewer(api.port))
            stalled.send({"type": "watch", "runs": {run_id: start}})
        training = api.start(**{**TINY, "iterations": 1000})
        with Viewer(live_url) as viewer:
            viewer.watch({run_id: start, training: 0})
            curves = Curves({run_id: start, training: 0})
            viewer.read(curves, {**goal, training: 1000})
        grown = psutil.Process().memory_info().rss - memory
        assert curves.losses[training] == api.losses(training)
    # What the one viewer of this process has read takes some 60 MB; twenty times what is owed
    # would take 240.
    assert grown < 180e6
    server.book.delete(run_id)


def test_a_viewer_that_takes_nothing_is_let_go(server, api, monkeypatch):
    monkeypatch.setattr(live_room, "SEND_TIMEOUT_S", 0.2)
    run_id, start = paused_with(server, np.zeros(900_000))
    with StalledViewer(api.port) as stalled:
        eventually(lambda: len(server.hub._viewers) == 1, "the viewer's arrival")
        stalled.send({"type": "watch", "runs": {run_id: start}})
        eventually(lambda: not server.hub._viewers, "the viewer's end")
    server.book.delete(run_id)


def test_a_viewer_that_leaves_is_forgotten(server, live_url):
    with Viewer(live_url), Viewer(live_url):
        eventually(lambda: len(server.hub._viewers) == 2)
    eventually(lambda: not server.hub._viewers)
