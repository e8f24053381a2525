"""Which readings go on alike, and which do not."""

import numpy as np
import pytest

from reluscope.blocks import Losses, decode, encode
from reluscope.runs.trace import Trace
from reluscope.server.socket import reading as room
from reluscope.server.socket.feed import Feed
from reluscope.server.socket.reading import Reading

A, B = "0b3cf1f0-0000-4000-8000-00000000000a", "0b3cf1f0-0000-4000-8000-00000000000b"
HEADER = {126: 4, 127: 10}


class Hub:
    """As the real one, of runs that the test makes."""

    def __init__(self):
        self.problem = None
        self.runs: dict[str, Trace] = {}
        self.shelved: set[str] = set()
        self.feed = Feed(lambda run_id: {"id": run_id} if run_id in self.runs else None)

    def make(self, *run_ids):
        for run_id in run_ids:
            self.runs[run_id] = Trace(1000)
            self.extend(run_id, 5)
        self.feed.update(run_ids)

    def extend(self, run_id, count):
        trace = self.runs[run_id]
        trace.extend(np.arange(len(trace), len(trace) + count, dtype=float), 1.0)

    def head(self, run_id):
        return len(self.runs.get(run_id, ()))

    def knows(self, run_id):
        return run_id in self.runs

    def trace(self, run_id):
        return None if run_id in self.shelved else self.runs[run_id]

    def blocks(self, run_id, trace, start, stop, _channels, _encoding):
        return [encode(Losses(run_id, start, trace[start:stop], 1.0))]

    def news(self, cursor):
        news = self.feed.since(cursor)
        return [*(str(run["id"]) for run in news.runs), *news.gone], news.cursor


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(room, "NEWS_S", 0.0)
    return Hub()


def read(hub, listed="watched", **cursors):
    made = Reading(hub, "binary", listed)
    made.watch({{"a": A, "b": B}[name]: at for name, at in cursors.items()}, ())
    return made


def values(written):
    """What is in the last frame, as iterations by run."""
    frame = written.frames
    found = {}
    while frame:
        size = frame[1]
        start = HEADER.get(size, 2)
        size = int.from_bytes(frame[2:start], "big") if start > 2 else size
        if frame[0] == 0x82:
            for block in decode(frame[start : start + size]):
                found[block.run_id] = (block.first, block.stop)
        frame = frame[start + size :]
    return found


def test_those_who_have_read_as_far_go_on_alike_wherever_they_began(hub):
    hub.make(A)
    one, other = read(hub, a=0), read(hub, a=3)
    assert one.key is other.key is None, "neither knows the list"
    assert values(one.read_on()) == {A: (0, 5)}
    assert one.key != other.key
    assert values(other.read_on()) == {A: (3, 5)}
    assert one.key == other.key is not None
    hub.extend(A, 1)
    for each in (one, other):
        each.note({A})
        assert values(each.read_on()) == {A: (5, 6)}


def test_and_those_who_are_as_far_behind(hub, monkeypatch):
    monkeypatch.setattr(room, "MESSAGE_BYTES", 40 + 2 * 8)
    monkeypatch.setattr(room, "MIN_SHARE", 1)
    hub.make(A)
    one, other = read(hub, a=0), read(hub, a=0)
    for each in (one, other):
        assert values(each.read_on()) == {A: (0, 2)}
    assert one.key == other.key is not None
    one.read_on()
    assert one.key != other.key


def test_those_who_wait_for_another_iteration_of_a_run_do_not(hub):
    """One whose curve is fetched, and one that has yet to reach what is asked for."""
    hub.make(A, B)
    hub.shelved.add(A)
    one, other = read(hub, a=0, b=5), read(hub, a=3, b=8)
    for each in (one, other):
        assert not values(each.read_on())
        assert not each.is_owed
    assert one.key != other.key
    hub.shelved.clear()
    hub.extend(B, 4)
    for each in (one, other):
        each.note({A, B})
    assert values(one.read_on()) == {A: (0, 5), B: (5, 9)}
    assert values(other.read_on()) == {A: (3, 5), B: (8, 9)}
    assert one.key == other.key is not None


@pytest.mark.parametrize("listed", ["all", "watched"])
def test_who_watches_something_else_does_not(hub, listed):
    hub.make(A, B)
    keys = set()
    for watched in ({"a": 0}, {"b": 0}, {"a": 0, "b": 0}):
        each = read(hub, listed, **watched)
        each.read_on()
        keys.add(each.key)
    more = read(hub, listed, a=0)
    more.watch({A: 0}, (1,))
    more.read_on()
    as_json = Reading(hub, "json", listed)
    as_json.watch({A: 0}, ())
    as_json.read_on()
    assert len(keys | {more.key, as_json.key}) == 5


def test_whoever_is_still_to_hear_that_a_run_is_gone_does_not(hub):
    """It has left what is watched by then."""
    hub.make(A, B)
    both, one = read(hub, a=0, b=0), read(hub, a=0)
    for each in (both, one):
        each.read_on()
    assert both.key != one.key
    del hub.runs[B]
    both.note({B})
    both.read_on()
    assert both.watched == one.watched
    assert both.key != one.key
    hub.feed.update([B])
    assert B.encode() in both.read_on().frames
    one.read_on()
    assert both.key == one.key is not None


def test_a_copy_goes_its_own_way(hub):
    hub.make(A)
    first = read(hub, "all", a=0)
    first.read_on()
    copied = first.copy()
    assert copied.key == first.key
    hub.extend(A, 2)
    copied.note({A})
    assert not first.is_owed
    assert values(copied.read_on()) == {A: (5, 7)}
    copied.unwatch([A])
    assert first.watched == {A}
    assert copied.key != first.key


@pytest.mark.parametrize("listed", ["all", "watched"])
def test_a_copy_has_been_told_as_much_and_hears_the_rest_for_itself(hub, listed):
    hub.make(A)
    hub.problem = "full"
    first = read(hub, listed, a=0)
    first.read_on()
    copied = first.copy()
    assert not copied.is_owed
    assert copied.read_on().frames == b""
    hub.problem = None
    assert first.is_owed
    assert first.key is None
    del hub.runs[A]
    hub.feed.update([A])
    told = [each.read_on().frames for each in (first, copied)]
    assert told[0] == told[1]
    assert A.encode() in told[0]
    assert b'"problem":null' in told[0]
    assert not copied.is_owed
