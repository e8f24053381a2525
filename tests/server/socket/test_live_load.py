"""How much the live socket sends, how often, and who stands still for whom."""

import asyncio
import contextlib
import json
import time

import numpy as np
import psutil
import pytest
from starlette.datastructures import State

from reluscope.runs import holdings, shelf, use
from reluscope.server.door import protocol
from reluscope.server.door.protocol import SocketProtocol
from reluscope.server.socket import hub, reading
from reluscope.server.socket import live as live_room
from reluscope.server.socket.line import LINE
from tests.runs.making import curve
from tests.waiting import DEADLINE_S, eventually

from ..serving import TINY
from ..watching import Curves, Viewer, blocks_of
from .stalled import StalledViewer

FRAME_BYTES = 256 * 1024


def test_a_viewer_far_behind_catches_up_in_messages_of_bounded_size_and_number(server, live_url):
    values = np.random.default_rng(0).random(200_000)
    ids, starts = zip(*(server.paused_with(values) for _ in range(3)), strict=True)
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
    monkeypatch.setattr(reading, "MESSAGE_BYTES", fit * (40 + 8 * reading.MIN_SHARE))
    values = np.arange(700.0)
    made = dict(server.paused_with(values) for _ in range(12))
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
    run_id, start = server.paused_with(values)
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
    run_id, start = server.paused_with(values)
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
    monkeypatch.setattr(protocol, "LIVE_TAKE_S", 0.2)
    run_id, start = server.paused_with(np.zeros(900_000))
    with StalledViewer(api.port) as stalled:
        eventually(lambda: server.hub.clients == 1, "the viewer's arrival")
        stalled.send({"type": "watch", "runs": {run_id: start}})
        eventually(lambda: not server.hub.clients, "the viewer's end")
    server.book.delete(run_id)


def test_a_viewer_that_asks_and_takes_no_answer_is_heard_no_more(server, live_url, monkeypatch):
    asked = 100
    with Viewer(live_url) as asking:
        eventually(lambda: server.hub.clients == 1, "the viewer's arrival")
        (viewer,) = server.hub.audience.viewers
        monkeypatch.setattr(SocketProtocol, "is_free", False)
        for _ in range(asked):
            asking.send({"type": "ping", "t": 0.0})
        eventually(lambda: len(viewer._replies) == live_room.MAX_REPLIES, "all there is room for")
        monkeypatch.undo()
        assert not viewer.is_free, "values would overtake the answers: a rewind, too"
        server.hub._loop.call_soon_threadsafe(viewer._go_on)
        pongs = 0
        while pongs < asked:
            message = asking.receive()
            pongs += isinstance(message, str) and json.loads(message)["type"] == "pong"


class Flood:
    """A socket, and its line, of which many messages have come at once."""

    is_free = True

    def __init__(self, count):
        self.scope, self.state = {"extensions": {LINE: self}}, State()
        self.left, self.answers = count, 0

    async def accept(self):
        pass

    async def receive(self):
        self.left -= 1
        if self.left < 0:
            return {"type": "websocket.disconnect"}
        return {"type": "websocket.receive", "text": '{"type": "ping", "t": 0}'}

    def write(self, _frames):
        self.answers += 1


def test_whoever_asks_much_at_once_leaves_the_loop_to_others_in_between(server):
    flood = Flood(100)

    async def play():
        answers = set()
        serving = asyncio.create_task(live_room.Viewer(flood, server.hub, "binary").serve())
        while not serving.done():
            await asyncio.sleep(0)
            answers.add(flood.answers)
        await serving
        return answers

    answers = asyncio.run_coroutine_threadsafe(play(), server.hub._loop).result(DEADLINE_S)
    assert len(answers) > 90


@pytest.mark.parametrize("take_s", [0.2, DEADLINE_S])
def test_one_that_takes_no_answer_is_forgotten_when_it_ends(server, api, monkeypatch, take_s):
    """Be it let go, or leave."""
    monkeypatch.setattr(protocol, "LIVE_TAKE_S", take_s)
    run_id, start = server.paused_with(np.zeros(900_000))
    with StalledViewer(api.port) as stalled:
        eventually(lambda: server.hub.clients == 1, "the viewer's arrival")
        (viewer,) = server.hub.audience.viewers
        stalled.send({"type": "watch", "runs": {run_id: start}})
        eventually(lambda: not viewer.is_free, "all that it takes")
        for _ in range(2 * live_room.MAX_REPLIES):
            stalled.send({"type": "ping", "t": 0.0})
        eventually(lambda: len(viewer._replies) == live_room.MAX_REPLIES, "all there is room for")
        if take_s == DEADLINE_S:
            stalled.close()
        eventually(lambda: not server.hub.clients, "the viewer's end")
    server.book.delete(run_id)


def test_a_viewer_that_leaves_is_forgotten(server, live_url):
    with Viewer(live_url), Viewer(live_url):
        eventually(lambda: server.hub.clients == 2)
    eventually(lambda: not server.hub.clients)


def test_curves_that_have_no_room_beside_each_other_come_one_after_the_other(
    api, server, live_url, monkeypatch
):
    asked = {**TINY, "iterations": 1500}
    curves = Curves(dict.fromkeys([api.start(**asked, seed=seed) for seed in range(2)], 0))
    api.until_ended(*curves.cursors())
    monkeypatch.setattr(shelf, "MAX_BYTES", 1)
    runs = [server.book.find(run_id) for run_id in curves.cursors()]
    eventually(lambda: all(run.is_shelved for run in runs), "their leave")
    monkeypatch.setattr(holdings, "ROOM_S", 0.0)
    monkeypatch.setattr(hub, "FETCH_AGAIN_S", 0.01)
    monkeypatch.setattr(use, "STAYS_S", 0.1)
    monkeypatch.setattr(reading, "MESSAGE_BYTES", 8 * 1000)
    with Viewer(live_url) as viewer:
        viewer.watch(curves.cursors())
        viewer.read(curves, dict.fromkeys(curves.cursors(), 1500))
    for run in runs:
        assert curves.losses[run.id] == curve(run.spec)
