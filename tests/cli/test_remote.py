"""The commands that ask a server, each of a real one."""

import contextlib
import json
import signal
import threading
import zipfile

import numpy as np
import pytest
from pydantic import SecretStr

from tests.server.serving import LONG, TINY, Process, in_thread
from tests.waiting import eventually

FIELDS = ("n=4", "d_in=6", "hidden=5", "d_out=2", "update.lr=1e-4")


@pytest.fixture(scope="module")
def server():
    with in_thread() as server:
        yield server


@pytest.fixture
def asked(told, server, monkeypatch):
    """What a command tells of that server, which has no other runs."""
    monkeypatch.setenv("RELUSCOPE_URL", server.api.url)
    yield told
    for run in server.api.http.get("/api/runs?limit=500").json()["runs"]:
        server.api.http.delete(f"/api/runs/{run['id']}")


@pytest.fixture
def ended(server):
    """Starts runs and waits for them; their ids."""

    def start(*specs):
        ids = [server.api.start(**{**TINY, "iterations": 100, **spec}) for spec in specs]
        server.api.until_ended(*ids)
        return ids

    return start


def rows(out):
    head, *lines = (line.split("\t") for line in out.splitlines())
    return [dict(zip(head, line, strict=True)) for line in lines]


# --- ls, show


def test_runs_are_listed_newest_first_as_other_programs_take_them(asked, ended):
    a, b = ended({"name": "first"}, {"relu": "mask", "tags": ["t"]})
    out, err, status = asked("ls")
    assert (err, status) == ("", 0)
    assert [(row["id"], row["name"], row["relu"]) for row in rows(out)] == [
        (b[:8], "", "mask"),
        (a[:8], "first", "clamp"),
    ]
    assert rows(out)[0]["iteration"] == "100/100"
    for words in (["--relu", "mask"], ["--tag", "t"], [b[:8]], ["--limit", "1"]):
        assert [row["id"] for row in rows(asked("ls", *words)[0])] == [b[:8]]
    assert rows(asked("ls", "--status", "failed", "--status", "queued")[0]) == []


def test_as_json_runs_are_listed_as_the_api_has_them(asked, ended, server):
    (run_id,) = ended({"update": {"lr": 1e3}})
    (listed,) = json.loads(asked("ls", "--json")[0], parse_constant=pytest.fail)
    shown = server.api.show(run_id)
    assert {name: listed[name] for name in shown} == shown
    assert listed["loss"] in ("NaN", "Infinity")


def test_a_table_is_drawn_in_a_terminal(asked, ended, monkeypatch):
    ended({"name": "first"})
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    out, _, _ = asked("ls")
    assert "first" in out
    assert "\t" not in out
    assert "\x1b[" in out


@pytest.mark.parametrize("terminal", ["0", "1"])
def test_a_terminal_obeys_no_name(asked, ended, monkeypatch, terminal):
    monkeypatch.setenv("TTY_COMPATIBLE", terminal)
    monkeypatch.setenv("COLUMNS", "200")
    (run_id,) = ended({"name": "odd \x1b]0;title\x07"})
    for words in (["ls"], ["show", run_id], ["watch", run_id]):
        out, _, status = asked(*words)
        assert "\x1b]0" not in out
        assert "\x07" not in out
        assert r"odd \x1b]0;title\x07" in out or (words[0], terminal) == ("watch", "0")
        assert status == 0


@pytest.mark.parametrize("word", ["name", "id", "start"])
def test_a_run_is_named_by_its_name_or_its_id(asked, ended, word):
    run_id, _ = ended({"name": "the first"}, {"name": "the first one"})
    out, _, status = asked("show", {"name": "the first", "id": run_id, "start": run_id[:8]}[word])
    assert status == 0
    assert out.startswith(f"{run_id}  the first\nfinished at 100 of 100, loss ")
    assert "update.lr" in out
    assert "        100  finished" in out


def test_a_name_goes_before_the_beginning_of_an_id(asked, ended):
    (other,) = ended({})
    (run_id,) = ended({"name": other[:4]})
    out, _, status = asked("show", other[:4])
    assert status == 0
    assert out.startswith(f"{run_id}  {other[:4]}\n")


def test_who_is_meant_by_many_is_asked_for(asked, ended):
    a, b = ended({"name": "twin"}, {"name": "twin", "seed": 1})
    out, err, status = asked("show", "twin")
    assert (out, status) == ("", 2)
    assert f"'twin' may be any of 2 runs: {b[:8]}, {a[:8]}\n" in err
    assert asked("show", "nobody")[1:] == (
        "reluscope: error: there is no run 'nobody'\n",
        2,
    )


def test_one_is_told_whole_as_json(asked, ended, server):
    (run_id,) = ended({})
    told = json.loads(asked("show", run_id, "--json")[0])
    assert [event["kind"] for event in told["events"]] == ["running", "finished"]
    assert told["spec"] == server.api.show(run_id)["spec"]


# --- compare, script, export


def test_equal_runs_are_equal_and_others_are_not(asked, ended):
    a, b, c = ended({}, {"relu": "mask"}, {"seed": 1})
    assert asked("compare", a, b) == ("equal in all 100 iterations that both have\n", "", 0)
    out, _, status = asked("compare", a, c)
    assert status == 1
    assert out.startswith("they part at iteration 0 of 100: ")
    out, _, status = asked("compare", a, c, "--json")
    assert (json.loads(out)["first_difference"], status) == (0, 1)


def test_a_script_is_printed(asked, ended, server):
    (run_id,) = ended({})
    out, _, status = asked("script", run_id)
    script = server.api.http.get(f"/api/runs/{run_id}/script").text
    assert out == script
    assert status == 0
    told = json.loads(asked("script", run_id, "--json")[0])
    assert told == {"id": run_id, "script": script}


def test_runs_are_exported_whole_or_as_losses(asked, ended, server, tmp_path):
    a, b = ended({}, {"seed": 1})
    assert asked("export", a, b, "--out", tmp_path / "runs.zip")[2] == 0
    with zipfile.ZipFile(tmp_path / "runs.zip") as runs:
        assert {f"{a}/losses.npy", f"{b}/losses.npy"} < set(runs.namelist())
    for ending in ("csv", "npy", "parquet"):
        file = tmp_path / f"losses.{ending}"
        assert asked("export", a, "--out", file) == ("", "", 0)
        answer = server.api.http.get(f"/api/runs/{a}/losses", params={"format": ending})
        if ending == "parquet":  # which is not the same to the byte
            continue
        assert file.read_bytes() == answer.content
    told = json.loads(asked("export", a, "--out", file, "--json")[0])
    assert told == {"file": str(file), "bytes": file.stat().st_size, "runs": [a]}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--out", "runs.tar"], "expected a name that ends in one of .csv"),
        (["--out", "losses.csv"], "expected a name that ends in .zip"),
        (["--out", "none/runs.zip"], "there is no such folder"),
    ],
    ids=str,
)
def test_what_cannot_be_exported_is_told(asked, ended, words, reason):
    out, err, status = asked("export", *ended({}, {}), *words)
    assert (out, status) == ("", 2)
    assert reason in err


# --- pause, resume, stop, rm


def test_runs_are_steered(asked, server):
    a = server.api.start(**LONG, name="a")
    b = server.api.start(**LONG, name="b")
    out, _, status = asked("pause", "a", "b")
    assert status == 0
    assert [line.split()[:2] for line in out.splitlines()] == [[a[:8], "paused"], [b[:8], "paused"]]
    asked("resume", "a")
    server.api.until_status(a, "running")
    (stopped,) = json.loads(asked("stop", "a", "--json")[0])
    assert (stopped["id"], stopped["status"]) == (a, "stopped")
    assert asked("rm", "a", "b")[2] == 0
    assert server.api.http.get("/api/runs").json()["runs"] == []


def test_none_is_touched_where_one_is_not_there(asked, server):
    run_id = server.api.start(**LONG, name="a")
    server.api.until_at(run_id, 1)
    assert asked("stop", "a", "nobody")[2] == 2
    assert server.api.show(run_id)["status"] == "running"


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("words", [["stop"], ["rm"], ["export", "--out", "a.zip"]], ids=str)
def test_none_is_meant_where_none_is_named(told, words):
    out, err, status = told(*words)
    assert (out, status) == ("", 2)
    assert "expected a RUN, or --sweep SWEEP" in err


def test_what_the_state_forbids_is_refused(asked, ended):
    out, err, status = asked("pause", *ended({}))
    assert (out, status) == ("", 4)
    assert "the server refuses: cannot pause run" in err


# --- run


def test_a_run_is_trained_there(asked, server, tmp_path):
    words = ("run", *FIELDS, "name=7", "iterations=50", "--out", tmp_path / "a.npy")
    out, err, status = asked(*words)
    assert status == 0
    assert out.startswith("finished at 50 of 50, ")
    assert " of 50, loss " in err.splitlines()[0]
    (run,) = server.api.http.get("/api/runs").json()["runs"]
    assert run["spec"]["name"] == "7"
    assert np.load(tmp_path / "a.npy").tolist() == server.api.losses(run["id"])


def test_a_run_is_only_started(asked, server):
    out, _, status = asked("run", *FIELDS, "iterations=1000000", "--detach")
    assert status == 0
    assert server.api.show(out.strip())["status"] in ("queued", "running")


def test_a_run_that_diverges_there_ends_with_1(asked):
    out, _, status = asked("run", *FIELDS, "update.lr=1e3", "--json")
    assert (json.loads(out)["status"], status) == ("diverged", 1)


def test_a_run_is_trained_here_though_a_server_is_named(asked, server):
    assert asked("run", *FIELDS, "iterations=5", "--local")[2] == 0
    assert server.api.http.get("/api/runs").json()["runs"] == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["relu=clmap", "update.lr=x"], "relu: expected one of ['clamp', "),
        (["--detach", "--local"], "--detach and --url are for a run on a server"),
        (["--detach", "--out", "a.npy"], "--out is for a run that is waited for"),
        (["--load", "a.py"], "--load is for a run that trains here"),
    ],
    ids=str,
)
def test_a_run_that_is_wrong_is_told(asked, words, reason):
    out, err, status = asked("run", *words)
    assert (out, status) == ("", 2)
    assert reason in err
    assert len(err.splitlines()) == 1


# --- watch


def test_runs_are_watched_in_lines_where_there_is_no_terminal(asked, server):
    a = server.api.start(**TINY, iterations=300, pace=2000)
    b = server.api.start(**{**TINY, "update": {"lr": 1e3}})
    out, _, status = asked("watch", a, b)
    assert status == 1  # one has diverged
    assert "\x1b" not in out
    assert f"{a[:8]}  finished at 300 of 300" in out
    assert f"{b[:8]}  diverged at " in out


def test_all_under_way_are_watched_where_none_is_named(asked, server, ended):
    ended({})
    assert asked("watch") == ("", "no run is under way\n", 0)
    run_id = server.api.start(**TINY, iterations=300, pace=1)

    def hurry():
        eventually(lambda: server.hub.watched, "a watch")
        server.api.http.patch(f"/api/runs/{run_id}", json={"pace": None})

    hurrying = threading.Thread(target=hurry)
    hurrying.start()
    out, _, status = asked("watch", "--json")
    hurrying.join()
    assert [view["id"] for view in json.loads(out)] == [run_id]
    assert status == 0


def test_a_curve_is_drawn_in_a_terminal(asked, server, monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("LINES", "20")
    run_id = server.api.start(**TINY, iterations=600, pace=1000)
    out, _, status = asked("watch", run_id)
    assert status == 0
    assert any(0x2800 < ord(character) < 0x2900 for character in out)
    assert "finished at 600 of 600" in out


@pytest.mark.parametrize("command", ["run", "watch"])
def test_a_run_that_is_deleted_meanwhile_is_told(asked, server, command):
    def delete():
        eventually(lambda: server.hub.watched, "a watch")
        (run,) = server.api.http.get("/api/runs").json()["runs"]
        server.api.http.delete(f"/api/runs/{run['id']}")

    words = ("run", *FIELDS, "iterations=1000000")
    if command == "watch":
        words = ("watch", server.api.start(**LONG))
    deleting = threading.Thread(target=delete)
    deleting.start()
    _, err, status = asked(*words)
    deleting.join()
    assert status == 1
    assert " has been deleted\n" in err


# --- what goes wrong


def test_nobody_at_the_address_is_told_apart(told, monkeypatch):
    monkeypatch.setattr("reluscope.client.asking.FIRST_WAIT_S", 0.001)
    out, err, status = told("ls", "--url", "http://127.0.0.1:1")
    assert (out, status) == ("", 3)
    assert "nobody answers at http://127.0.0.1:1" in err


def test_an_address_that_is_none_is_wrong_use(told):
    assert told("ls", "--url", "nonsense", "--token", "s3cret")[1:] == (
        "reluscope: error: expected an address like http://127.0.0.1:8000; got 'nonsense'\n",
        2,
    )


def test_a_server_that_wants_a_token_refuses_who_has_none(told, monkeypatch):
    owner, viewer = "an-owners-token-0123456789", "a-viewers-token-0123456789"
    with in_thread(token=SecretStr(owner), view_token=SecretStr(viewer)) as server:
        monkeypatch.setenv("RELUSCOPE_URL", server.api.url)
        for words in (["ls"], ["ls", "--token", "another-token-0123456789"]):
            out, err, status = told(*words)
            assert (out, status) == ("", 4)
            assert err.startswith("reluscope: error: the server refuses: ")
            assert "another" not in err
        words = ("run", *FIELDS, "iterations=5", "name=mine")
        assert told(*words, "--token", viewer)[2] == 4
        assert told(*words, "--token", owner)[2] == 0
        monkeypatch.setenv("RELUSCOPE_TOKEN", viewer)
        assert "mine" in told("ls")[0]
        assert told("rm", "mine")[2] == 4
        assert told("rm", "mine", "--token", owner)[2] == 0


def test_a_token_in_the_environment_is_in_no_help(told, monkeypatch):
    monkeypatch.setenv("RELUSCOPE_TOKEN", "s3cret")
    out, _, _ = told("ls", "--help")
    assert "RELUSCOPE_TOKEN" in out
    assert "s3cret" not in out


@pytest.mark.usefixtures("asked")
def test_ctrl_c_ends_the_command_and_not_the_run(server):
    words = ("run", *FIELDS, "iterations=1000000")
    with contextlib.closing(Process(*words, RELUSCOPE_URL=server.api.url)) as process:
        eventually(lambda: " of 1000000, loss " in process.log, "its line")
        process.send(signal.SIGINT)
        assert process.wait() == 130
        assert "Traceback" not in process.log
    (run,) = server.api.http.get("/api/runs").json()["runs"]
    assert run["status"] in ("queued", "running")
    assert f"reluscope watch {run['id'][:8]} shows it" in process.log
