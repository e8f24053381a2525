import contextlib
import signal
import threading

import httpx
import numpy as np
import pytest

from tests.runs.stored import same, twin
from tests.waiting import eventually

from .killing import KINDS, Lives
from .serving import LONG
from .watching import ALL

KILLS = 20
SIDE_BY_SIDE = 8
STEP = 150


@pytest.fixture
def lives(tmp_path, seed):
    made = Lives(tmp_path, seed)
    yield made
    made.close()


def is_whole(lives, run_id):
    """All that tells of a curve has the one that a trainer gives which nobody kills."""
    view = lives.api.show(run_id)
    events = lives.api.http.get(f"/api/runs/{run_id}/events").json()["events"]
    assert "differs" not in [event["kind"] for event in events]
    stored = lives.before[run_id]
    losses, rows = twin(stored.spec, events, view["iteration"])
    assert same(stored.losses, losses[: len(stored.losses)])
    assert same(stored.rows, rows[: len(stored.rows)])
    assert same(lives.api.losses(run_id), losses)
    eventually(lambda: len(lives.curves.losses[run_id]) == len(losses), "the viewer")
    assert same(lives.curves.losses[run_id], losses)
    for channel, values in zip(ALL, rows.T, strict=True):
        assert same([value for _, value in lives.curves.rows[run_id][channel]], values)
        assert same([value for _, value in lives.api.rows(run_id)[channel]], values)
    assert float(view["min_loss"]) == np.nanmin(losses)


class Person:
    """Asks for this and that, and remembers no more than what was answered."""

    def __init__(self, lives):
        self.lives, self.chance = lives, lives.random
        self.runs = [lives.begin(**kind) for kind in KINDS]
        made = [lives.begin(iterations=3000, seed=seed) for seed in range(3)]
        self.steered, self.paused, self.stepping = made
        self.runs += made
        lives.pause(self.stepping)
        self.stops_at = lives.api.show(self.stepping)["iteration"]

    def asks(self):
        """Something of some run."""
        self.chance.choice(
            [
                *(self.steers, self.renames, self.pauses, self.resumes, self.steps),
                *(self.begins, self.forks, self.stops, self.deletes),
            ]
        )()

    def steers(self):
        self.lives.change(self.steered, update={"lr": self.chance.uniform(1e-5, 1e-4)})

    def renames(self):
        self.lives.change(self.steered, name=f"steered {self.chance.random()}", pace=3000.0)

    def pauses(self):
        self.lives.pause(self.paused)

    def resumes(self):
        self.lives.resume(self.paused)

    def steps(self):
        view = self.lives.api.show(self.stepping)
        assert view["iteration"] <= self.stops_at
        if view["status"] == "paused":
            assert view["iteration"] == self.stops_at
            self.stops_at += STEP
            self.lives.step(self.stepping, STEP)

    def begins(self):
        if sum(self.lives.live(run_id) for run_id in self.runs) < SIDE_BY_SIDE:
            kind = self.chance.choice(KINDS)
            self.runs.append(self.lives.begin(**kind, seed=self.chance.randrange(99)))

    def forks(self):
        of = self.chance.choice(self.runs)
        at = self.chance.randrange(self.lives.api.show(of)["iteration"] + 1)
        if len(self.runs) < 2 * SIDE_BY_SIDE:
            update = {"lr": self.chance.choice([1e-4, 1e-5])}
            self.runs.append(self.lives.fork(of, at=at, update=update, iterations=at + 1000))

    def stops(self):
        self.lives.stop(self.lives.begin(**LONG))

    def deletes(self):
        self.lives.delete(self.lives.begin(**LONG))


@pytest.mark.timeout(360)  # a server starts thirty times
@pytest.mark.parametrize("seed", [20])
def test_twenty_kills_take_nothing_from_any_run(lives):
    chance = lives.random
    lives.start()
    person = Person(lives)
    kills = 0
    while kills < KILLS:
        for _ in range(chance.randrange(5)):
            person.asks()
        if chance.random() < 0.5:  # else at once after the last answer
            lives.a_moment(0.6)
        lives.kill()
        kills += 1
        while chance.random() < 0.3:
            lives.start_in_vain()
            kills += 1
        lives.start()
    for run_id in (person.paused, person.stepping):
        lives.resume(run_id)
    for view in lives.api.until_ended(*person.runs):
        assert view["status"] == "finished"
        assert view["iteration"] == view["spec"]["iterations"]
    lives.kill()
    lives.start()
    lives.api.until_ended(*person.runs)  # the kill may have come before the ends were stored
    for run_id in person.runs:
        is_whole(lives, run_id)
    lives.end()
    for run_id in person.runs:
        assert len(lives.before[run_id].losses) == lives.before[run_id].spec.iterations
    assert "ERROR" not in lives.process.log


@pytest.mark.parametrize("seed", [21])
def test_a_request_that_a_kill_cuts_off_and_that_is_sent_again_is_done_once(lives):
    asked = {**LONG, "name": "once"}
    headers = {"Idempotency-Key": "the only one"}
    for _ in range(3):
        lives.start()
        killing = threading.Timer(
            lives.random.uniform(0, 0.02), lives.process.send, [signal.SIGKILL]
        )
        killing.start()
        with contextlib.suppress(httpx.TransportError):
            while True:
                answer = lives.api.http.post("/api/runs", json=asked, headers=headers)
                assert answer.status_code == httpx.codes.CREATED
                lives.keys["the only one"] = (asked, answer.json()["id"])
        lives.kill()
    lives.start()
    answer = lives.api.http.post("/api/runs", json=asked, headers=headers)
    (only,) = lives.api.http.get("/api/runs").json()["runs"]
    assert only["id"] == answer.json()["id"]


@pytest.mark.parametrize("seed", [22])
def test_a_signal_to_end_saves_what_trains_for_the_next_server(lives):
    lives.start()
    running = [lives.begin(**{**kind, "iterations": 2000, "pace": 1000.0}) for kind in KINDS[:5]]
    paused, stepping = (lives.begin(iterations=1500, pace=500.0, seed=n) for n in range(2))
    for run_id in running:
        lives.api.until_at(run_id, 100)
    lives.pause(paused)
    lives.pause(stepping)
    stops_at = lives.api.show(stepping)["iteration"] + 500
    lives.step(stepping, 500)
    lives.end(signal.SIGTERM)
    assert lives.before[paused].view["status"] == "paused"
    assert lives.before[stepping].view["status"] in ("interrupted", "paused")
    for run_id in running:
        assert lives.before[run_id].view["status"] in ("interrupted", "finished")
    for was in lives.before.values():
        assert was.checkpoint == (None if was.view["ended_at"] else len(was.losses))
    lives.start()
    assert lives.api.until_status(stepping, "paused")["iteration"] == stops_at
    lives.resume(paused)
    lives.resume(stepping)
    for view in lives.api.until_ended(*running, paused, stepping):
        assert view["status"] == "finished"
    lives.end(signal.SIGINT)
    lives.start()
    for run_id in (*running, paused, stepping):
        is_whole(lives, run_id)
