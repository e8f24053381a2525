import pytest

from reluscope.cli.serve import prepare
from reluscope.settings import Settings
from tests.waiting import eventually

from ..serving import in_thread, problem


def test_a_server_that_lives_says_so(api):
    answer = api.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_one_that_does_all_it_should_is_ready(server, api):
    answer = api.http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "store": str(server.book.store)}


def test_one_that_is_shut_down_is_not(server, api, monkeypatch):
    monkeypatch.setattr(server.state, "leaving", lambda: True)
    told = problem(api.http.get("/readyz"), 503)
    assert told["type"] == "urn:reluscope:problem:not-ready"
    assert "shut down" in told["detail"]
    assert api.http.get("/healthz").status_code == 200


def test_it_knows_that_it_is_from_the_moment_of_the_signal_on(tmp_path):
    server = prepare(Settings(port=0, store=False, data=tmp_path))
    leaving = server.config.app.state.leaving
    assert not leaving()
    server.handle_exit(2, None)
    assert leaving()


@pytest.mark.parametrize("name", ["hub", "journal", "clock"])
def test_one_that_stands_still_is_not(name):
    """One task of those that never end has ended: by an error, or however."""
    with in_thread() as server:
        (task,) = [task for task in server.state.following if task.get_name() == name]
        task.get_loop().call_soon_threadsafe(task.cancel)
        eventually(task.done, "its end")
        assert f"the {name} is dead" in problem(server.api.http.get("/readyz"), 503)["detail"]


def test_a_hub_that_fails_is_told_of(server, monkeypatch):
    with in_thread() as one:

        def fails(*_: object) -> None:
            raise LookupError("nobody foresaw this")

        monkeypatch.setattr(one.hub, "_move_heads", fails)
        one.hub._loop.call_soon_threadsafe(one.hub.nudge)
        answer = eventually(
            lambda: (found := one.api.http.get("/readyz")).status_code == 503 and found,
            "its end",
        )
        assert "the hub is dead" in problem(answer, 503)["detail"]
        assert any("the hub is dead" in line for line in one.errors)
    server.errors.clear()  # what is logged is logged for all
