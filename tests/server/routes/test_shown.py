"""Of a run as it is told anywhere, no more is shown than may be, and what was seen is noted."""

import pytest

from reluscope.runs.cutoff import CutOff

ROOMS = ("losses", "losses?points=1000", "losses?points=1000&smoothing=0.5", "times")


@pytest.fixture
def ask(server, api):
    """A paused run of 400 iterations, of which the last 100 come after a change that is about to be
    stored; and what is answered of it from an iteration on."""
    run_id, there = server.paused_with([])
    server.extend(run_id, [1.0] * (400 - there))
    server.book.settled().result()
    run = server.book.find(run_id)
    run.unstored_change = 300

    def asked(room: str, start: int):
        if room == "compare":
            query = {"a": run_id, "b": run_id, "points": 1000, "start": start}
            return api.http.get("/api/compare", params=query).json()["difference"]
        path, _, query = room.partition("?")
        return api.http.get(f"/api/runs/{run_id}/{path}?start={start}&{query}").json()

    asked.run = run
    return asked


@pytest.mark.parametrize("room", [*ROOMS, "compare"])
def test_what_a_crash_would_take_back_is_not_shown(ask, room):
    answer = ask(room, 250)
    if room == "times":
        assert answer["iterations"][-1] == 300
    elif room == "losses":
        assert len(answer["losses"]) == 50
    else:
        assert (answer["stop"], answer["iterations"][-1]) == (300, 299)


@pytest.mark.parametrize("room", [room for room in (*ROOMS, "compare") if room != "times"])
def test_who_asks_for_what_comes_next_has_seen_what_was_before(ask, room):
    ask.run.cut_off = CutOff(ask.run.trace)
    ask(room, 123)
    assert ask.run.cut_off.seen_to == 123
