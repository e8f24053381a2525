import json

from hypothesis import given
from hypothesis import strategies as st

from reluscope.server.socket.chosen import Chosen
from reluscope.server.socket.feed import Feed

from .test_feed import IDS, UPDATE, feed_of, told


class Reader:
    """Someone who remembers what it is told of the runs that it has chosen."""

    def __init__(self, feed: Feed) -> None:
        self.chosen = Chosen(feed)
        self.runs: dict[str, dict] = {}
        self.gone: list[str] = []

    def read(self) -> None:
        for message in map(json.loads, self.chosen.messages()):
            if message["type"] == "gone":
                self.gone += message["ids"]
                for run_id in message["ids"]:
                    del self.runs[run_id]
                continue
            for change in message["runs"]:
                self.runs.setdefault(change["id"], {}).update(change)


@given(st.lists(st.tuples(UPDATE, st.booleans())))
def test_a_reader_comes_to_know_what_it_has_chosen_and_nothing_else(steps):
    views: dict[str, dict] = {run_id: {"loss": 0} for run_id in IDS}
    feed = feed_of(views)
    feed.update(IDS)
    reader = Reader(feed)
    chosen = IDS[:3]
    reader.chosen.add(chosen)
    reader.read()
    went: set[str] = set()
    for (run_id, view), reads in steps:
        if view is None:
            views.pop(run_id, None)
            went.add(run_id)
        else:
            views[run_id] = view
        feed.update([run_id])
        if reads:
            reader.read()
    reader.read()
    assert not reader.chosen.has_news()
    there = [run_id for run_id in chosen if run_id not in went]
    assert set(reader.gone) == set(chosen) - set(there)
    assert reader.runs == {run_id: told(views)[run_id] for run_id in there}


def test_more_than_one_answer_holds_come_one_after_the_other(monkeypatch):
    monkeypatch.setattr("reluscope.server.socket.chosen.MAX_RUNS", 2)
    feed = feed_of({run_id: {"loss": 0} for run_id in IDS})
    feed.update(IDS)
    reader = Reader(feed)
    reader.chosen.add(IDS)
    known = []
    while reader.chosen.has_news():
        reader.read()
        known.append(len(reader.runs))
    assert known == [2, 4, 6, 6]


def test_one_that_came_back_before_it_was_chosen_is_there():
    views = {"a": {"loss": 0}}
    feed = feed_of(views)
    feed.update(["a"])
    back = views.pop("a")
    feed.update(["a"])
    reader = Reader(feed)
    reader.chosen.add(["a"])  # it is there again, though the feed has not looked at it yet
    reader.read()
    views["a"] = back
    feed.update(["a"])
    reader.read()
    assert (reader.runs, reader.gone) == ({"a": {"id": "a", "loss": 0}}, [])


def test_one_that_is_not_wanted_any_more_is_not_told():
    views = {"a": {"loss": 0}}
    feed = feed_of(views)
    feed.update(["a"])
    reader = Reader(feed)
    reader.chosen.add(["a"])
    reader.chosen.drop("a")
    reader.read()
    assert reader.runs == {}


def test_whoever_is_told_of_comes_last_next_time(monkeypatch):
    """Else, where those before it never rest, the last would never be told of."""
    monkeypatch.setattr("reluscope.server.socket.chosen.MAX_RUNS", 2)
    views = {run_id: {"loss": 0} for run_id in IDS}
    feed = feed_of(views)
    feed.update(IDS)
    reader = Reader(feed)
    reader.chosen.add(IDS[:3])
    for loss in range(1, 4):
        views |= {run_id: {"loss": loss} for run_id in IDS}
        feed.update(IDS)
        reader.read()
    assert [reader.runs[run_id]["loss"] for run_id in IDS[:3]] == [2, 3, 3]
