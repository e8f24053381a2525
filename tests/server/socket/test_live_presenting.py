"""Presenting and following over the real socket."""

import contextlib
import json
import time

import pytest

from ..watching import Viewer
from .stalled import StalledViewer

KEY = "0123456789abcdef"


def present(viewer, code, view, key=KEY):
    viewer.send({"type": "present", "id": code, "key": key, "view": view})


def follow(viewer, code):
    viewer.send({"type": "follow", "id": code})


def until_view(viewer, **expected):
    """The first view told that is as expected."""

    def look(message):
        said = json.loads(message) if isinstance(message, str) else {}
        is_it = said.get("type") == "view" and expected.items() <= said.items()
        return said if is_it else None

    return viewer.until(look)


def until_followers(viewer, count):
    while viewer.until_said("presenting")["followers"] != count:
        pass


def test_followers_mirror_a_presenter_and_stay_when_it_goes_and_comes_back(live_url):
    with Viewer(live_url) as one, Viewer(live_url) as other:
        follow(one, "class-7")
        said = one.until_said("view")
        told = {"type": "view", "id": "class-7", "view": None, "live": False, "followers": 1}
        assert said == told
        with Viewer(live_url) as teacher:
            present(teacher, "class-7", {"axis": "log", "runs": ["a"]})
            assert teacher.until_said("presenting")["id"] == "class-7"
            follow(other, "class-7")
            for viewer in (one, other):
                until_view(viewer, view={"axis": "log", "runs": ["a"]}, live=True, followers=2)
            until_followers(teacher, 2)
            present(teacher, "class-7", {"axis": "linear"})
            for viewer in (one, other):
                until_view(viewer, view={"axis": "linear"}, live=True)
        for viewer in (one, other):
            until_view(viewer, view={"axis": "linear"}, live=False)
        with Viewer(live_url) as again:
            present(again, "class-7", {"axis": "log"})
            for viewer in (one, other):
                until_view(viewer, view={"axis": "log"}, live=True)
            follow(other, None)
            until_followers(again, 1)
            present(again, "class-7", None)
            until_view(one, view={"axis": "log"}, live=False)


def test_a_stranger_is_refused_and_may_follow(live_url):
    with Viewer(live_url) as teacher, Viewer(live_url) as stranger:
        present(teacher, "mine", {"is": "mine"})
        teacher.until_said("presenting")
        present(stranger, "mine", {"is": "yours"}, key=KEY[::-1])
        said = stranger.until_said("error")
        assert [error["field"] for error in said["errors"]] == ["id"]
        assert KEY not in json.dumps(said)
        follow(stranger, "mine")
        assert stranger.until_said("view")["view"] == {"is": "mine"}


WRONG = [
    ({"id": "abc"}, "id"),
    ({"id": "a" * 33}, "id"),
    ({"id": "Class"}, "id"),
    ({"id": "class\n"}, "id"),
    ({"id": None}, "id"),
    ({"key": "short"}, "key"),
    ({"key": "k" * 65}, "key"),
    ({"key": "\ud800" * 16}, "key"),
    ({"view": []}, "view"),
    ({"view": "log"}, "view"),
    ({"view": {"a": float("nan")}}, "view"),
    ({"view": {"a": "a" * 16 * 1024}}, "view"),
    ({"more": 1}, "more"),
]


@pytest.mark.parametrize(("part", "field"), WRONG, ids=lambda part: str(part)[:40])
def test_what_is_wrong_in_a_presentation_is_named(live_url, part, field):
    with Viewer(live_url) as viewer:
        viewer.send({"type": "present", "id": "class-8", "key": KEY, "view": {}, **part})
        assert [error["field"] for error in viewer.until_said("error")["errors"]] == [field]
        follow(viewer, "class-8")
        assert viewer.until_said("view")["view"] is None


@pytest.mark.parametrize("wrong", [{}, {"id": 5}, {"id": "abc"}, {"id": "class-9", "key": KEY}])
def test_a_wrong_wish_to_follow_is_refused(live_url, wrong):
    with Viewer(live_url) as viewer:
        viewer.send({"type": "follow", **wrong})
        assert viewer.until_said("error")["errors"]


def test_a_deep_view_is_taken_or_refused_and_never_worse(live_url):
    with Viewer(live_url) as viewer:
        for depth in (100, *range(900, 1010, 10), 2000):
            deep = '{"a":' * depth + "1" + "}" * depth
            start = f'{{"type": "present", "id": "deep", "key": "{KEY}", "view": '
            viewer.send(start + deep + "}")
        viewer.until_said("presenting")
        viewer.until_sync()


def test_views_that_change_all_the_time_come_to_a_follower_fifteen_times_a_second(live_url):
    with Viewer(live_url) as teacher, Viewer(live_url) as follower:
        follow(follower, "fast")
        began = time.monotonic()
        for number in range(300):
            present(teacher, "fast", {"number": number})
            teacher.until_sync()
        told, last = 0, -1
        while last != 299:
            view = follower.until_said("view")["view"]
            told += 1
            assert view is None or view["number"] > last or view["number"] == last == -1
            last = view["number"] if view else -1
        assert told <= (time.monotonic() - began) * 15 + 3


def test_a_follower_that_takes_nothing_holds_nobody_back(server, live_url):
    views = [{"number": number, "bulk": "b" * 16_000} for number in range(40)]
    with (
        StalledViewer(server.api.port) as stalled,
        Viewer(live_url) as teacher,
        Viewer(live_url) as follower,
    ):
        stalled.send({"type": "follow", "id": "stall"})
        follow(follower, "stall")
        for view in views:
            present(teacher, "stall", view)
            teacher.until_said("presenting")
            until_view(follower, view=view)


def test_two_hundred_followers_see_the_last_of_many_views(live_url):
    with contextlib.ExitStack() as room, Viewer(live_url) as teacher:
        followers = [room.enter_context(Viewer(live_url)) for _ in range(200)]
        for follower in followers:
            follow(follower, "class")
        present(teacher, "class", {"number": -1})
        until_followers(teacher, 200)
        for number in range(10):
            present(teacher, "class", {"number": number, "bulk": "b" * 1000})
            teacher.until_sync()
        for follower in followers:
            until_view(follower, view={"number": 9, "bulk": "b" * 1000}, followers=200)
