"""Diagnostics on the live socket: every value once and in order, no later than its losses."""

import json
import math
import random
from concurrent.futures import Future

import numpy as np
import pytest

from reluscope.server.socket import reading

from ..serving import TINY, rows_at
from ..watching import ALL, Curves, Viewer, blocks_of, losses_of

ENCODINGS = pytest.mark.parametrize("encoding", ["binary", "json"])


def made_up(iterations):
    """What the made-up rows of the server in the tests hold, by channel."""
    columns = rows_at(iterations).T.tolist()
    return {
        name: list(zip(iterations, column, strict=True))
        for name, column in zip(ALL, columns, strict=True)
    }


def all_blocks(messages):
    return [b for message in messages if isinstance(message, bytes) for b in blocks_of(message)]


# --- what comes


def test_blocks_follow_their_losses_as_documented(api, live_url):
    run_id = api.start(**TINY, diagnostics_every=20)
    (view,) = api.until_ended(run_id)
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: 0})
        message = viewer.until(lambda m: losses_of(m) and m)
    losses, *rest = blocks_of(message)
    assert losses.kind == 1
    assert [(b.version, b.kind, b.channel) for b in rest] == [(1, 2, n) for n in range(1, 8)]
    for block in rest:
        assert (block.run_id, block.first) == (run_id, 0)
        assert block.values[::2] == tuple(range(0, 500, 20))
        assert view["created_at"] < block.produced_at <= losses.produced_at
    found = {ALL[b.channel - 1]: [*zip(b.values[::2], b.values[1::2], strict=True)] for b in rest}
    assert found == api.rows(run_id)


def test_as_json_each_channel_is_a_message_before_its_losses(api, live_url):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    seen = []
    with Viewer(f"{live_url}?encoding=json") as viewer:
        viewer.watch({run_id: 0})
        while not seen or seen[-1]["type"] != "losses":
            said = json.loads(viewer.receive())
            seen += [said] if said["type"] in ("losses", "diagnostics") else []
    assert [said.get("channel") for said in seen] == [*ALL, None]
    whole = api.diagnostics(run_id)
    for said in seen[:-1]:
        assert set(said) == {"type", "id", "channel", "iterations", "values", "produced_at"}
        assert (said["id"], said["iterations"]) == (run_id, whole["iterations"])
        assert said["values"] == whole["channels"][said["channel"]]


@ENCODINGS
@pytest.mark.parametrize("every", [0, 1, 7, 20, 499, 500, 1_000_000])
@pytest.mark.parametrize("gradients", ["autograd", "gram"])
def test_all_that_is_measured_comes_once(api, live_url, encoding, every, gradients):
    run_id = api.start(**TINY, diagnostics_every=every, gradients=gradients)
    curves = Curves({run_id: 0}, every)
    with Viewer(f"{live_url}?encoding={encoding}") as viewer:
        viewer.watch({run_id: 0})
        viewer.read(curves, {run_id: 500})
    assert curves.losses[run_id] == api.losses(run_id)
    assert curves.rows[run_id] == api.rows(run_id)


def test_runs_in_company_each_have_their_own(api, live_url):
    every = {
        api.start(**TINY, gradients="gram", diagnostics_every=stride, seed=stride): stride
        for stride in (0, 1, 3, 20)
    }
    curves = Curves(dict.fromkeys(every, 0), every)
    with Viewer(live_url) as viewer:
        viewer.watch(curves.cursors())
        viewer.read(curves, dict.fromkeys(every, 500))
    for run_id in every:
        assert curves.rows[run_id] == api.rows(run_id)


@ENCODINGS
@pytest.mark.parametrize("cursor", [0, 1, 19, 20, 21, 480, 481, 499])
def test_values_come_from_the_cursor_on(api, live_url, encoding, cursor):
    run_id = api.start(**TINY, diagnostics_every=20)
    api.until_ended(run_id)
    curves = Curves({run_id: cursor}, 20)
    with Viewer(f"{live_url}?encoding={encoding}") as viewer:
        viewer.watch({run_id: cursor})
        viewer.read(curves, {run_id: 500})
    assert curves.rows[run_id] == api.rows(run_id, start=cursor)


def test_the_age_of_a_block_is_that_of_its_newest_value(server, live_url):
    run_id, start = server.paused_with([], diagnostics_every=1000)
    server.extend(run_id, np.zeros(1000 - start + 1), 1000.5)
    server.extend(run_id, np.zeros(50), 2000.5)
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: start})
        losses, *rest = blocks_of(viewer.until(lambda m: losses_of(m) and m))
    assert losses.produced_at == 2000.5
    assert [block.first for block in rest] == [1000] * len(ALL)
    assert {block.produced_at for block in rest} == {1000.5}
    server.book.delete(run_id)


@ENCODINGS
def test_what_is_not_finite_is_told_too(api, live_url, encoding):
    run_id = api.start(
        **{**TINY, "update": {"lr": 1.0}, "on_nonfinite": "continue", "diagnostics_every": 1}
    )
    api.until_ended(run_id)
    curves = Curves({run_id: 0}, 1)
    with Viewer(f"{live_url}?encoding={encoding}") as viewer:
        viewer.watch({run_id: 0})
        viewer.read(curves, {run_id: 500})
    found, told = curves.rows[run_id], api.rows(run_id)
    for name in ALL:
        assert np.array_equal(found[name], told[name], equal_nan=True)
    assert not all(math.isfinite(value) for _, value in found["weight_norm_w1"])


def test_the_bits_of_nan_are_those_of_the_trace(server, live_url):
    run_id, start = server.paused_with([], diagnostics_every=1)
    bits = 0x7FF8_0000_0000_0000 + np.arange(1, 8, dtype=np.uint64)
    trace = server.book.find(run_id).trace
    trace.extend(np.zeros(1), 1.0, bits.view(np.float64).reshape(1, 7))
    server.book.change(run_id, name="odd")
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: start})
        _, *rest = blocks_of(viewer.until(lambda m: losses_of(m) and m))
    assert b"".join(block.raw[8:] for block in rest) == bits.tobytes()
    server.book.delete(run_id)


# --- which channels


@ENCODINGS
@pytest.mark.parametrize(
    "channels", [[], ["dead"], ["weight_norm_w2", "zeros", "zeros"], list(reversed(ALL))]
)
def test_only_the_channels_that_are_wanted_come(api, live_url, encoding, channels):
    run_id = api.start(**TINY, diagnostics_every=3)
    curves = Curves({run_id: 0}, 3, channels)
    with Viewer(f"{live_url}?encoding={encoding}") as viewer:
        viewer.watch({run_id: 0}, channels=channels)
        viewer.read(curves, {run_id: 500})
    told = api.rows(run_id)
    assert curves.rows[run_id] == {name: told[name] for name in channels}


def test_each_watch_chooses_for_its_own_runs(api, live_url):
    one, other = (api.start(**TINY, seed=seed) for seed in range(2))
    api.until_ended(one, other)
    with Viewer(live_url) as viewer:
        for choice in ({one: {0, 1}, other: {0, 2}}, {one: {0, 3, 4}, other: {0}}):
            curves = Curves({one: 0, other: 0})
            for run_id, numbers in choice.items():
                channels = [ALL[number - 1] for number in numbers if number]
                viewer.watch({run_id: 0}, channels=channels)
            messages = viewer.read(curves, {one: 500, other: 500})
            found = {one: set(), other: set()}
            for block in all_blocks(messages):
                found[block.run_id].add(block.channel)
            assert found == choice


def test_viewers_share_what_is_encoded_whatever_channels_they_want(server):
    run_id, start = server.paused_with(np.zeros(100), diagnostics_every=10)
    trace = server.book.find(run_id).trace
    answer: Future[tuple[list[bytes], list[bytes]]] = Future()

    def ask():
        span = (run_id, trace, start, start + 100)
        all_channels = server.hub.blocks(*span, range(1, 8), "binary")
        answer.set_result((all_channels, server.hub.blocks(*span, (3, 5), "binary")))

    server.hub._loop.call_soon_threadsafe(ask)
    every, some = answer.result(30)
    assert len(every) == 8
    assert [id(block) for block in some] == [id(every[number]) for number in (0, 3, 5)]
    server.book.delete(run_id)


# --- exactly once, whatever happens to the connection


@ENCODINGS
@pytest.mark.parametrize("every", [1, 7, 200])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_viewer_that_comes_and_goes_sees_every_value_once(
    server, live_url, monkeypatch, encoding, every, seed
):
    """Messages are small, so that most end in the midst of what there is; and connections end after
    any of them, as JSON also between the values of one iteration and its loss."""
    monkeypatch.setattr(reading, "MIN_SHARE", 5)
    chance = random.Random(seed)
    made = dict(server.paused_with(range(40), diagnostics_every=every) for _ in range(3))
    curves = Curves(made, every)
    for _ in range(3):
        for run_id in made:
            server.extend(run_id, range(chance.randrange(200)))
        heads = {run_id: server.hub.head(run_id) for run_id in made}
        while curves.cursors() != heads:
            monkeypatch.setattr(reading, "MESSAGE_BYTES", chance.randrange(1500, 20_000))
            with Viewer(f"{live_url}?encoding={encoding}", max_queue=None) as viewer:
                viewer.watch(curves.reconnect())
                for _ in range(chance.randrange(1, 30 if encoding == "json" else 5)):
                    if curves.cursors() == heads:
                        break
                    curves.take(viewer.receive())
    for run_id, start in made.items():
        due = [i for i in range(start, heads[run_id]) if i % every == 0]
        assert curves.rows[run_id] == made_up(due)
        server.book.delete(run_id)


@pytest.mark.parametrize("encoding", ["binary", "json"])
def test_a_viewer_that_comes_and_goes_while_a_run_trains_sees_every_value_once(
    api, live_url, encoding
):
    run_id = api.start(**TINY, iterations=3000, pace=3000.0, diagnostics_every=2)
    curves = Curves({run_id: 0}, 2)
    while curves.cursors()[run_id] < 3000:
        with Viewer(f"{live_url}?encoding={encoding}", max_queue=None) as viewer:
            goal = min(3000, curves.cursors()[run_id] + 200)
            viewer.watch(curves.reconnect())
            viewer.read(curves, {run_id: goal})
    assert curves.losses[run_id] == api.losses(run_id)
    assert curves.rows[run_id] == api.rows(run_id)


# --- how much


def test_messages_are_full_and_no_larger_with_a_row_for_every_iteration(server, live_url):
    count = 20_000
    made = dict(server.paused_with(np.zeros(count), diagnostics_every=1) for _ in range(3))
    curves = Curves(made, 1)
    with Viewer(live_url) as viewer:
        viewer.watch(made)
        messages = viewer.read(curves, {run_id: start + count for run_id, start in made.items()})
    binary = [message for message in messages if isinstance(message, bytes)]
    assert max(map(len, binary)) <= 256 * 1024
    owed = 3 * count * (8 + len(ALL) * 16)
    assert len(binary) < 1.1 * owed / (256 * 1024) + 5
    for message in binary[:5]:
        sizes = dict.fromkeys(made, 0)
        for block in blocks_of(message):
            sizes[block.run_id] += 40 + len(block.raw)
        assert min(sizes.values()) > 0.9 * max(sizes.values())
    for run_id in made:
        server.book.delete(run_id)


def test_runs_share_a_message_however_often_each_is_measured(server, live_url, monkeypatch):
    monkeypatch.setattr(reading, "MESSAGE_BYTES", 40_000)
    strides = [0, 1, 2, 20, 0, 1, 2, 20]
    made = {}
    for every in strides:
        run_id, start = server.paused_with(np.zeros(3000), diagnostics_every=every)
        made[run_id] = start
    goal = {run_id: start + 3000 for run_id, start in made.items()}
    curves = Curves(made)
    with Viewer(live_url) as viewer:
        viewer.watch(made)
        messages = viewer.read(curves, goal)
    binary = [message for message in messages if isinstance(message, bytes)]
    assert max(map(len, binary)) <= 40_000
    seen = [{block.run_id for block in blocks_of(message)} for message in binary]
    for start in range(len(seen) - 3):  # whoever got nothing comes first in the next
        behind = {run_id for ids in seen[start + 3 :] for run_id in ids}
        assert behind <= set.union(*seen[start : start + 3])
    for run_id in made:
        server.book.delete(run_id)
