"""What a viewer may say on the live socket, and what it hears then."""

import json
import time

import pytest
from websockets.exceptions import ConnectionClosed

from reluscope.server.socket import live as live_room

from ..serving import TINY
from ..watching import ALL, Curves, Viewer


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
    ('{"type": "watch", "runs": {}, "channels": "dead"}', "channels"),
    ('{"type": "watch", "runs": {}, "channels": null}', "channels"),
    ('{"type": "watch", "runs": {}, "channels": ["dead", 1]}', "channels.1"),
    ('{"type": "watch", "runs": {}, "channels": ["deaf"]}', "channels.0"),
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
    assert error["allowed"] == ["watch", "unwatch", "ping", "present", "follow"]


def test_a_channel_that_is_not_known_is_told_those_that_are(api, live_url):
    run_id = api.start(**TINY)
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: 0}, channels=["dead", "alive"])
        said = viewer.until_said("error")
    (error,) = said["errors"]
    assert (error["given"], error["allowed"]) == ("alive", list(ALL))
    assert all(name in said["detail"] for name in ALL)


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
        viewer.until(lambda _: viewer.gone[-2:] == ["nobody", "\ud800"])
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
