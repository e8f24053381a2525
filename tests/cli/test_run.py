"""A run that is trained by the command itself."""

import contextlib
import io
import json
import signal

import numpy as np
import pyarrow.parquet
import pytest

from reluscope.cli.app import app
from tests.server.serving import Process
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("registries")

TINY = ("n=4", "d_in=6", "hidden=5", "d_out=2", "update.lr=1e-4", "iterations=200")


def test_a_run_is_trained_and_told_of_in_lines(told):
    out, err, status = told("run", *TINY)
    assert status == 0
    assert out.startswith("finished at 200 of 200, loss ")
    assert err.startswith(("queued at 0 of 200", "running at "))
    assert "\x1b" not in out + err


def test_its_losses_are_the_tutorials(told, tmp_path, tutorial_losses):
    assert told("run", "relu=my_relu", "update.rule=manual", "--out", tmp_path / "a.npy")[2] == 0
    assert np.load(tmp_path / "a.npy").tolist() == tutorial_losses["custom_function"]


def test_as_json_it_is_told_as_the_api_has_it(told):
    out, _, status = told("run", *TINY, 'tags=["a"]', "name=Mine", "--json")
    run = json.loads(out, parse_constant=pytest.fail)
    assert (run["status"], run["iteration"], status) == ("finished", 200, 0)
    assert (run["spec"]["name"], run["spec"]["tags"]) == ("Mine", ["a"])


def test_losses_are_written_as_the_name_says(told, tmp_path):
    for ending in ("csv", "npy", "parquet"):
        assert told("run", *TINY, "--out", tmp_path / f"losses.{ending}")[2] == 0
    losses = np.load(tmp_path / "losses.npy")
    rows = np.loadtxt(tmp_path / "losses.csv", delimiter=",", skiprows=1)
    table = pyarrow.parquet.read_table(tmp_path / "losses.parquet")
    assert losses.shape == (200,)
    assert np.array_equal(rows[:, 1], losses)
    assert np.array_equal(table["loss"].to_numpy(), losses)


def test_a_spec_comes_from_a_file_or_from_stdin_and_words_go_before_it(told, tmp_path, monkeypatch):
    spec = {"n": 4, "d_in": 6, "iterations": 50, "update": {"rule": "adam", "lr": 0.01}}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    out, _, _ = told("run", "--spec", tmp_path / "spec.json", "update.lr=.5", "--json")
    made = json.loads(out)["spec"]
    assert (made["n"], made["update"]["rule"], made["update"]["lr"]) == (4, "adam", 0.5)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(spec)))
    assert json.loads(told("run", "--spec", "-", "--json")[0])["spec"]["update"]["lr"] == 0.01


def test_one_that_diverged_ends_with_1_and_why(told):
    out, _, status = told("run", *TINY, "update.lr=1e3")
    assert status == 1
    assert out.startswith("diverged at ")
    assert "; the last finite loss was " in out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["relu=clmap"], "relu: expected one of ['clamp', "),
        (["iteratoins=3"], "iteratoins: expected one of ['name', "),
        (["update.lr=fast"], "update.lr: "),
        (["update.rule=best"], "update.rule: expected one of ['sgd', "),
        (["relu"], "relu: expected FIELD=VALUE"),
        (["=3"], "expected FIELD=VALUE"),
        (["--spec", "no-such.json"], "no-such.json: No such file"),
        (["--out", "a.txt"], "--out a.txt: expected a name that ends in one of .csv, .npy"),
        (["--out", "no-such-folder/a.csv"], "there is no such folder"),
        (["device=cuda:99"], "device: this machine has no such device"),
        (["n=1000000", "d_in=1000000"], "such a run needs"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_in_a_line(told, words, reason):
    out, err, status = told("run", *words)
    assert (out, status) == ("", 2)
    assert err.startswith("reluscope: error: ")
    assert reason in err
    assert len(err.splitlines()) == 1


def test_a_relu_of_your_own_is_trained(told, tmp_path):
    own = tmp_path / "own.py"
    own.write_text(
        "from reluscope.training import implementation\n\n\n"
        "@implementation('Half')\ndef half(h):\n    return h.clamp(min=0) / 2\n"
    )
    out, _, status = told("run", *TINY, "relu=half", "--load", own, "--json")
    assert (json.loads(out)["spec"]["relu"], status) == ("half", 0)


def test_in_a_terminal_there_is_a_bar(monkeypatch, capsys):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")  # rich takes what it writes to for a terminal
    with pytest.raises(SystemExit):
        app(["run", *TINY, "iterations=3000", "pace=10000"])
    shown = capsys.readouterr()
    assert "\x1b[" in shown.err
    assert "/3000" in shown.err
    assert "\x1b" not in shown.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_what_there_is_is_written(tmp_path, number):
    file = tmp_path / "losses.npy"
    words = ("run", *TINY, "iterations=1000000", "--out", str(file))
    with contextlib.closing(Process(*words)) as process:
        eventually(lambda: "of 1000000" in process.log, "its first line")
        process.send(number)
        assert process.wait() == 1
    assert "Traceback" not in process.log
    assert np.isfinite(np.load(file)).all()
