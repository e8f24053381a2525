from reluscope.training.spec import RunSpec
from tests.runs.making import curve
from tests.runs.stored import found, left_by_a_crash, same, set_loss

from .serving import LONG, TINY, in_thread
from .watching import Viewer, losses_of

SHORT = {**TINY, "iterations": 1000}


def cut_off(folder, copy, **spec):
    """A folder that a server left which was killed while a run trained; its id, and what it has."""
    with in_thread(data=folder) as server:
        run_id = server.api.start(**{**SHORT, "pace": 500.0, **spec})
        server.api.until_at(run_id, 50)
        server.book.settled().result()
        left_by_a_crash(folder, copy)
    left = found(copy)[run_id]
    assert left.view["status"] == "running"
    return run_id, left


def kinds(api, run_id):
    events = api.http.get(f"/api/runs/{run_id}/events").json()["events"]
    return [event["kind"] for event in events]


def test_what_was_cut_off_goes_on_by_itself_and_tells_that_it_was(tmp_path):
    run_id, left = cut_off(tmp_path / "a", tmp_path / "b")
    with in_thread(data=tmp_path / "b") as server:
        server.api.until_ended(run_id)
        assert kinds(server.api, run_id) == ["running", "interrupted", "running", "finished"]
        assert server.api.losses(run_id) == curve(left.spec)
        assert server.errors == []


def test_where_nothing_is_to_go_on_it_stays_interrupted_until_it_is_resumed(tmp_path):
    run_id, left = cut_off(tmp_path / "a", tmp_path / "b")
    for _ in range(2):
        with in_thread(data=tmp_path / "b", resume="never") as server:
            view = server.api.show(run_id)
            assert (view["status"], view["iteration"]) == ("interrupted", len(left.losses))
            assert view["reason"].startswith("the server was cut off; the newest loss that was")
            assert same(server.api.losses(run_id), left.losses)
    with in_thread(data=tmp_path / "b", resume="never") as server:
        assert server.api.verb(run_id, "resume").status_code == 200
        server.api.until_ended(run_id)
        assert server.api.losses(run_id) == curve(left.spec)


def test_what_is_interrupted_can_be_stepped_and_stopped_for_good(tmp_path):
    run_id, left = cut_off(tmp_path / "a", tmp_path / "b")
    with in_thread(data=tmp_path / "b", resume="never") as server:
        server.api.verb(run_id, "step", iterations=7)
        view = server.api.until_status(run_id, "paused")
        assert view["iteration"] == len(left.losses) + 7
    with in_thread(data=tmp_path / "b", resume="never") as server:
        assert server.api.verb(run_id, "stop").json()["status"] == "stopped"
        assert server.api.verb(run_id, "resume").status_code == 409
    with in_thread(data=tmp_path / "b") as server:
        view = server.api.show(run_id)
        assert (view["status"], view["iteration"]) == ("stopped", len(left.losses) + 7)
        assert server.api.losses(run_id) == curve(left.spec)[: view["iteration"]]
    assert found(tmp_path / "b")[run_id].checkpoint is None


def test_what_is_interrupted_can_be_stopped_and_deleted_as_it_is(tmp_path):
    run_id, left = cut_off(tmp_path / "a", tmp_path / "b")
    with in_thread(data=tmp_path / "b", resume="never") as server:
        view = server.api.verb(run_id, "stop").json()
        assert (view["status"], view["iteration"]) == ("stopped", len(left.losses))
        assert server.api.http.delete(f"/api/runs/{run_id}").status_code == 204
    assert found(tmp_path / "b") == {}


def test_an_end_in_the_midst_of_a_step_is_no_end_of_the_step(tmp_path):
    with in_thread(data=tmp_path) as server:
        run_id = server.api.start(**LONG, pace=200.0)
        server.api.verb(run_id, "pause")
        stops_at = server.api.show(run_id)["iteration"] + 150
        server.api.verb(run_id, "step", iterations=150)
        server.api.until_at(run_id, stops_at - 140)
    for _ in range(2):
        with in_thread(data=tmp_path) as server:
            assert server.api.until_status(run_id, "paused")["iteration"] == stops_at
            assert server.api.losses(run_id) == curve(
                RunSpec.model_validate({**SHORT, "iterations": stops_at})
            )


def test_losses_that_differ_are_told_with_both_values_and_kept(tmp_path):
    run_id, left = cut_off(tmp_path / "a", tmp_path / "b")
    set_loss(tmp_path / "b", run_id, 30, 2.5)
    true = curve(left.spec)
    with in_thread(data=tmp_path / "b") as server:
        (view,) = server.api.until_ended(run_id)
        told = f"trained again, iteration 30 has the loss {true[30]}, and had 2.5"
        assert (view["status"], view["reason"]) == ("finished", told)
        assert kinds(server.api, run_id).count("differs") == 1
        assert server.api.losses(run_id) == [*true[:30], 2.5, *true[31:]]


def test_without_a_store_nothing_is_kept(tmp_path):
    with in_thread(data=tmp_path, store=False) as server:
        server.api.until_ended(server.api.start(**TINY))
    assert list(tmp_path.iterdir()) == []


def iteration_of_change(api, run_id):
    events = api.http.get(f"/api/runs/{run_id}/events").json()["events"]
    return next(event["iteration"] for event in events if event["kind"] == "changed")


def test_a_change_comes_after_what_a_viewer_saw_of_what_was_lost(tmp_path):
    run_id, left = cut_off(tmp_path / "a", tmp_path / "b", iterations=20_000)
    seen = len(left.losses) + 300
    with (
        in_thread(data=tmp_path / "b", resume="never") as server,
        Viewer(server.live_url) as viewer,
    ):
        viewer.watch({run_id: seen})
        viewer.until_sync()
        server.api.verb(run_id, "resume")
        server.api.http.patch(f"/api/runs/{run_id}", json={"update": {"lr": 1e-3}})
        assert iteration_of_change(server.api, run_id) >= seen
        server.api.until_at(run_id, seen + 10)
        so_far = left.spec.model_copy(update={"iterations": seen})
        assert server.api.losses(run_id, stop=seen) == curve(so_far)


def test_who_comes_back_after_the_change_is_told_how_much_is_still_true(tmp_path):
    run_id, _left = cut_off(tmp_path / "a", tmp_path / "b", iterations=20_000)
    with (
        in_thread(data=tmp_path / "b", resume="never") as server,
        Viewer(server.live_url) as viewer,
    ):
        server.api.verb(run_id, "resume")
        server.api.http.patch(f"/api/runs/{run_id}", json={"update": {"lr": 1e-3}})
        true = iteration_of_change(server.api, run_id)
        viewer.watch({run_id: true + 300})
        assert viewer.until_said("rewind")["runs"] == {run_id: true}
        first = viewer.until(losses_of)[0]
        assert (first.run_id, first.first) == (run_id, true)


def test_who_saw_more_than_a_run_came_to_is_told_where_it_ended(tmp_path):
    run_id, left = cut_off(tmp_path / "a", tmp_path / "b")
    with (
        in_thread(data=tmp_path / "b", resume="never") as server,
        Viewer(server.live_url) as viewer,
    ):
        server.api.verb(run_id, "stop")
        viewer.watch({run_id: len(left.losses) + 10})
        assert viewer.until_said("rewind")["runs"] == {run_id: len(left.losses)}
