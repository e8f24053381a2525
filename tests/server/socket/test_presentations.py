import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.errors import InvalidFields
from reluscope.server.socket import presentations as room
from reluscope.server.socket.presentations import COUNT_S, MAX_VIEW_BYTES, Presentations

KEY = "k" * 16
OTHER_KEY = "o" * 16


class House:
    """Presentations, and a clock that stands until it is moved on."""

    def __init__(self) -> None:
        self.pending = 0
        self.presentations = Presentations(self._wake)
        self.now = 0.0

    def _wake(self) -> None:
        self.pending += 1

    def seat(self) -> "Someone":
        return Someone(self)

    def publish(self, after_s: float = 1.0) -> None:
        self.now += after_s
        self.presentations.publish(self.now)


class Someone:
    """A socket's seat, and all that came of it."""

    def __init__(self, house: House) -> None:
        self.woken = 0
        self.seat = house.presentations.seat(self._wake)

    def _wake(self) -> None:
        self.woken += 1

    def hears(self) -> list[dict]:
        return [json.loads(message) for message in self.seat.due()]


def view(shown, *, live=True, followers=1):
    told = {"type": "view", "id": "code", "live": live, "followers": followers}
    return {**told, "view": shown}


def presenting(followers, code="code"):
    return {"type": "presenting", "id": code, "followers": followers}


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def teacher(house: House) -> Someone:
    someone = house.seat()
    someone.seat.present("code", KEY, {"axis": "log"})
    return someone


def test_a_follower_is_told_at_once_and_then_of_each_change(house, teacher):
    follower = house.seat()
    follower.seat.follow("code")
    assert follower.hears() == [view({"axis": "log"})]
    teacher.seat.present("code", KEY, {"axis": "linear"})
    assert house.pending
    house.publish()
    assert follower.woken
    assert follower.hears() == [view({"axis": "linear"})]
    assert follower.hears() == []


def test_whoever_is_slow_hears_the_newest_alone_and_holds_nobody_back(house, teacher):
    slow, quick = house.seat(), house.seat()
    heard = []
    for follower in (slow, quick):
        follower.seat.follow("code")
    for number in range(10):
        teacher.seat.present("code", KEY, {"number": number})
        house.publish()
        heard += [said["view"]["number"] for said in quick.hears()]
    assert heard == list(range(10))
    assert slow.hears() == [view({"number": 9}, followers=2)]


@pytest.mark.usefixtures("teacher")
def test_one_message_is_written_for_all_followers(house):
    followers = [house.seat() for _ in range(3)]
    for follower in followers:
        follower.seat.follow("code")
    house.publish()
    (one,), (two,), (three,) = (follower.seat.due() for follower in followers)
    assert one is two is three


def test_a_code_that_nobody_presents_is_waited_for(house):
    follower = house.seat()
    follower.seat.follow("code")
    assert follower.hears() == [view(None, live=False)]
    house.publish()
    assert follower.hears() == []  # that it follows is no news to it
    house.seat().seat.present("code", KEY, {})
    house.publish()
    assert follower.hears() == [view({})]


@pytest.mark.parametrize("end", ["said", "gone", "elsewhere"])
def test_followers_keep_what_they_see_when_the_presenter_ends(house, teacher, end):
    follower = house.seat()
    follower.seat.follow("code")
    if end == "said":
        teacher.seat.present("code", KEY, None)
    elif end == "gone":
        teacher.seat.close()
    else:
        teacher.seat.present("other", KEY, {})
    house.publish()
    assert follower.hears() == [view({"axis": "log"}, live=False)]
    house.seat().seat.present("code", KEY, {"axis": "linear"})
    house.publish()
    assert follower.hears() == [view({"axis": "linear"})]


def test_another_key_is_refused_and_changes_nothing(house, teacher):
    follower, stranger = house.seat(), house.seat()
    follower.seat.follow("code")
    for shown in ({}, None):
        with pytest.raises(InvalidFields) as refused:
            stranger.seat.present("code", OTHER_KEY, shown)
        assert [error.field for error in refused.value.errors] == ["id"]
        assert KEY not in str(refused.value)
    assert stranger.hears() == []
    house.publish()
    assert follower.hears() == [view({"axis": "log"})]
    teacher.seat.close()  # what was begun with a key stays with it
    with pytest.raises(InvalidFields):
        stranger.seat.present("code", OTHER_KEY, {})


def test_a_presenter_s_newer_socket_takes_over_and_the_older_one_may_go(house, teacher):
    """A reload: the new page is there before the server has noticed that the old one is gone."""
    follower, again = house.seat(), house.seat()
    follower.seat.follow("code")
    again.seat.present("code", KEY, {"axis": "linear"})
    teacher.seat.close()
    house.publish()
    assert follower.hears() == [view({"axis": "linear"})]


def test_the_presenter_is_answered_and_told_how_many_follow(house, teacher):
    assert teacher.hears() == [presenting(0)]
    followers = [house.seat() for _ in range(3)]
    for follower in followers:
        follower.seat.follow("code")
    assert teacher.hears() == []  # until it is published
    house.publish()
    assert teacher.hears() == [presenting(3)]
    followers[0].seat.follow(None)
    followers[1].seat.follow("elsewhere")
    followers[2].seat.close()
    house.publish()
    assert teacher.hears() == [presenting(0)]
    teacher.seat.present("code", KEY, {})
    assert teacher.hears() == [presenting(0)]
    house.publish()
    assert teacher.hears() == []
    teacher.seat.present("code", KEY, None)
    assert teacher.hears() == [presenting(0)]


def test_a_mere_count_is_told_only_so_often_and_a_view_at_once(house, teacher):
    first, second = house.seat(), house.seat()
    first.seat.follow("code")
    house.publish()
    first.hears()
    second.seat.follow("code")
    house.publish(COUNT_S / 2)
    assert first.hears() == []
    assert house.presentations.is_pending
    house.publish(COUNT_S / 2)
    assert first.hears() == [view({"axis": "log"}, followers=2)]
    assert not house.presentations.is_pending
    teacher.seat.present("code", KEY, {})
    house.publish(0.01)
    assert first.hears() == [view({}, followers=2)]


def test_a_view_has_bounds_and_a_refused_one_changes_nothing(house, teacher):
    follower = house.seat()
    follower.seat.follow("code")
    deep: dict = {}
    for _ in range(100_000):
        deep = {"a": deep}
    for wrong in ({"a": "a" * MAX_VIEW_BYTES}, {"a": float("nan")}, {"a": float("inf")}, deep):
        with pytest.raises(InvalidFields) as refused:
            teacher.seat.present("code", KEY, wrong)
        assert [error.field for error in refused.value.errors] == ["view"]
    just = {"a": "a" * (MAX_VIEW_BYTES - len('{"a":""}'))}
    assert follower.hears() == [view({"axis": "log"})]
    teacher.seat.present("code", KEY, just)
    house.publish()
    assert follower.hears() == [view(just)]


def test_of_presentations_that_nobody_uses_the_oldest_goes(house, monkeypatch):
    monkeypatch.setattr(room, "MAX_IDLE", 3)
    used = house.seat()
    used.seat.present("used", KEY, {})
    for number in range(10):
        someone = house.seat()
        someone.seat.present(f"idle-{number}", KEY, {"number": number})
        someone.seat.close()
    assert len(house.presentations) == 4
    late = house.seat()
    late.seat.follow("idle-6")
    assert late.hears()[0]["view"] is None  # forgotten
    for code in ("idle-7", "idle-9", "used"):
        late.seat.follow(code)
        assert late.hears()[0]["view"] is not None
    late.seat.close()
    assert len(house.presentations) == 4


def test_a_code_that_was_only_followed_leaves_nothing_behind(house):
    for number in range(10):
        someone = house.seat()
        someone.seat.follow(f"code-{number}")
        someone.seat.follow(f"other-{number}")
        someone.seat.close()
    assert len(house.presentations) == 0
    assert not house.presentations.is_pending


CODES = ["one", "two"]
STEP = st.one_of(
    st.tuples(st.just("present"), st.sampled_from(CODES), st.integers(0, 9) | st.none()),
    st.tuples(st.just("follow"), st.sampled_from(CODES) | st.none()),
    st.tuples(st.sampled_from(["close", "hear", "publish"])),
)


class Told:
    """Four sockets that do as they like, and what each of them must have been told of it."""

    def __init__(self) -> None:
        self.house = House()
        self.seats = [self.house.seat() for _ in range(4)]
        self.shown: dict[str, dict | None] = dict.fromkeys(CODES)
        self.presents: dict[str, int] = {}
        self.follows: dict[int, str] = {}
        self.heard: dict[tuple[int, str], dict] = {}

    def present(self, who: int, code: str, number: int | None) -> None:
        view = None if number is None else {"number": number}
        self.seats[who].seat.present(code, KEY, view)
        self.presents = {c: w for c, w in self.presents.items() if w != who and c != code}
        if view is not None:
            self.presents[code], self.shown[code] = who, view

    def follow(self, who: int, code: str | None) -> None:
        self.seats[who].seat.follow(code)
        self.follows.pop(who, None)
        if code is not None:
            self.follows[who] = code

    def close(self, who: int) -> None:
        self.seats[who].seat.close()
        self.seats[who] = self.house.seat()
        self.presents = {code: w for code, w in self.presents.items() if w != who}
        self.follows.pop(who, None)

    def hear(self, who: int) -> None:
        self.heard |= {(who, said["type"]): said for said in self.seats[who].hears()}

    def publish(self, _who: int) -> None:
        self.house.publish()

    def followers(self, code: str) -> int:
        return list(self.follows.values()).count(code)


@given(st.lists(st.tuples(st.integers(0, 3), STEP), max_size=60))
def test_whatever_was_done_all_know_the_newest_in_the_end(steps):
    told = Told()
    for who, (verb, *more) in steps:
        getattr(told, verb)(who, *more)
    told.house.publish()
    for who in range(4):
        told.hear(who)
    for who, code in told.follows.items():
        live, followers = code in told.presents, told.followers(code)
        expected = view(told.shown[code], live=live, followers=followers) | {"id": code}
        assert told.heard[who, "view"] == expected
    for code, who in told.presents.items():
        assert told.heard[who, "presenting"] == presenting(told.followers(code), code)
