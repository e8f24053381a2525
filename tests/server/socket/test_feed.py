import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.server.socket import feed as feed_room
from reluscope.server.socket.feed import Feed

IDS = [f"run{number}" for number in range(6)]

UPDATE = st.tuples(
    st.sampled_from(IDS),
    st.none() | st.fixed_dictionaries({"status": st.integers(0, 2), "loss": st.integers(0, 2)}),
)


class Reader:
    """Someone who remembers a list of runs and how far it has read the news."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.cursor = feed.start()
        self.runs: dict[str, dict] = {}

    def read(self) -> int:
        """Read once; how many runs the answer held."""
        news = self.feed.since(self.cursor)
        for run_id in news.gone:
            self.runs.pop(run_id, None)
        for change in news.runs:
            self.runs.setdefault(change["id"], {}).update(change)
        assert news.cursor.known >= self.cursor.known
        assert news.complete == (news.cursor.place == 0)
        self.cursor = news.cursor
        return len(news.runs)


def feed_of(views: dict) -> Feed:
    return Feed(views.get)


def told(views: dict) -> dict:
    return {run_id: {"id": run_id, **view} for run_id, view in views.items()}


@given(st.lists(st.tuples(UPDATE, st.lists(st.integers(0, 2), max_size=2))))
def test_readers_at_any_cursors_come_to_know_the_same_runs(steps):
    """Three readers read whenever they like, and a fourth comes at the very end."""
    views: dict[str, dict] = {}
    feed = feed_of(views)
    readers = [Reader(feed) for _ in range(3)]
    for (run_id, view), who in steps:
        if view is None:
            views.pop(run_id, None)
        else:
            views[run_id] = view
        feed.update([run_id])
        for number in who:
            readers[number].read()
    for reader in (*readers, Reader(feed)):
        reader.read()
        assert reader.runs == told(views)
        assert not feed.has_news(reader.cursor)


def test_nothing_new_is_no_news():
    views = {"a": {"loss": 1}}
    feed = feed_of(views)
    feed.update(["a"])
    cursor = feed.since(feed.start()).cursor
    feed.update(["a", "a"])
    assert not feed.has_news(cursor)
    news = feed.since(cursor)
    assert (news.runs, news.gone, news.cursor) == ([], [], cursor)


def test_a_run_that_is_known_comes_with_what_changed_alone():
    views = {"a": {"loss": 1, "status": "running"}}
    feed = feed_of(views)
    feed.update(["a"])
    known = feed.since(feed.start())
    assert known.runs == [{"id": "a", "loss": 1, "status": "running"}]
    views["a"] = {"loss": 2, "status": "running"}
    feed.update(["a"])
    assert feed.since(known.cursor).runs == [{"id": "a", "loss": 2}]
    assert feed.since(feed.start()).runs == [{"id": "a", "loss": 2, "status": "running"}]


def test_what_happened_between_two_looks_is_merged():
    views = {"a": {"loss": 1, "status": "queued"}}
    feed = feed_of(views)
    feed.update(["a"])
    cursor = feed.since(feed.start()).cursor
    for loss in range(2, 50):
        views["a"] = {"loss": loss, "status": "running"}
        feed.update(["a"])
    assert feed.since(cursor).runs == [{"id": "a", "loss": 49, "status": "running"}]


def test_a_run_that_is_gone_is_told_once_and_no_longer_listed():
    views = {"a": {"loss": 1}, "b": {"loss": 1}}
    feed = feed_of(views)
    feed.update(["a", "b"])
    cursor = feed.since(feed.start()).cursor
    del views["a"]
    feed.update(["a"])
    news = feed.since(cursor)
    assert (news.runs, news.gone) == ([], ["a"])
    assert feed.since(news.cursor).gone == []
    assert [run["id"] for run in feed.since(feed.start()).runs] == ["b"]


def test_a_run_that_was_gone_before_it_was_told_of_is_told_gone():
    feed = feed_of({})
    cursor = feed.since(feed.start()).cursor
    feed.update(["a", "a"])
    assert feed.since(cursor).gone == ["a"]


def test_a_reader_of_an_empty_list_knows_it_all():
    feed = feed_of({})
    assert feed.has_news(feed.start())
    news = feed.since(feed.start())
    assert news.complete
    assert not feed.has_news(news.cursor)


def test_more_runs_than_fit_come_in_several_answers(monkeypatch):
    monkeypatch.setattr(feed_room, "MAX_RUNS", 4)
    views = {f"run{number}": {"loss": 0} for number in range(10)}
    feed = feed_of(views)
    reader = Reader(feed)
    feed.update(views)
    assert [reader.read(), reader.read()] == [4, 4]
    views["run0"] = {"loss": 1}
    feed.update(["run0"])
    assert [reader.read(), reader.read()] == [2, 1]
    assert not feed.has_news(reader.cursor)
    assert reader.runs == told(views)


@pytest.mark.parametrize("limit", [1, 2, 3])
@given(steps=st.lists(UPDATE), reads=st.lists(st.booleans()))
def test_a_reader_of_small_answers_comes_to_know_all(limit, steps, reads):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed_room, "MAX_RUNS", limit)
        views: dict[str, dict] = {}
        feed = feed_of(views)
        reader = Reader(feed)
        for number, (run_id, view) in enumerate(steps):
            if view is not None:
                views[run_id] = view
            else:
                views.pop(run_id, None)
            feed.update([run_id])
            if number < len(reads) and reads[number]:
                assert reader.read() <= limit
        while feed.has_news(reader.cursor):
            reader.read()
        assert reader.runs == told(views)


def test_no_run_waits_for_the_others_to_be_still(monkeypatch):
    monkeypatch.setattr(feed_room, "MAX_RUNS", 5)
    views = {f"run{number:02}": {"name": number, "loss": 0} for number in range(12)}
    feed = feed_of(views)
    reader = Reader(feed)
    for loss in range(1, 7):
        for view in views.values():
            view["loss"] = loss
        feed.update(sorted(views, key=lambda run_id: hash((run_id, loss))))
        reader.read()
    assert reader.runs.keys() == views.keys()
    assert all(run["loss"] > 3 for run in reader.runs.values())
    assert reader.cursor.known > 0


def test_a_reader_that_comes_is_told_of_what_goes_from_then_on_alone():
    """It may have asked for a run between its coming and its first look at the list."""
    views = {"a": {"loss": 1}, "b": {"loss": 1}}
    feed = feed_of(views)
    feed.update(["a", "b"])
    del views["a"]
    feed.update(["a"])
    cursor = feed.start()
    del views["b"]
    feed.update(["b"])
    assert feed.since(cursor).gone == ["b"]


def test_a_run_that_came_back_and_went_again_is_told_gone_again():
    views = {"a": {"loss": 1}}
    feed = feed_of(views)
    reader = Reader(feed)
    for _ in range(2):
        views["a"] = {"loss": 1}
        feed.update(["a"])
        reader.read()
        assert reader.runs == told(views)
        del views["a"]
        feed.update(["a"])
        reader.read()
        assert reader.runs == {}
