"""Many runs at once, asked for by the command."""

import csv
import io
import itertools
import json
import zipfile

import pytest

from tests.server.serving import in_thread

TINY = ("n=4", "d_in=6", "hidden=5", "d_out=2", "iterations=20", "update.lr=1e-4")


@pytest.fixture(scope="module")
def server():
    with in_thread() as server:
        yield server


@pytest.fixture
def swept(told, server, monkeypatch):
    """What comes of a sweep by the command, as its JSON, and the exit status."""
    monkeypatch.setenv("RELUSCOPE_URL", server.api.url)

    def sweep(*words):
        out, _, status = told("sweep", *TINY, *words, "--json")
        made = json.loads(out)
        return [dict(zip(made["columns"], row, strict=True)) for row in made["rows"]], status

    return sweep


def test_a_grid_is_every_combination(swept):
    rows, status = swept(
        "--grid", "update.lr=1e-5, 1e-4", "--grid", "relu=clamp,mask", "--grid", "seed=0..2"
    )
    asked = [(row["update.lr"], row["relu"], row["seed"]) for row in rows]
    assert asked == list(itertools.product([1e-5, 1e-4], ["clamp", "mask"], [0, 1, 2]))
    assert {(row["status"], row["iteration"]) for row in rows} == {("finished", 20)}
    assert status == 0


def test_random_ones_are_drawn_by_a_seed(swept):
    words = ("--random", "3", "--draw", "update.lr=1e-12..1e-4:log", "--draw", "relu=clamp,mask")
    rows, _ = swept(*words)
    assert len({row["update.lr"] for row in rows}) == 3
    assert all(1e-12 <= row["update.lr"] <= 1e-4 for row in rows)
    assert min(row["update.lr"] for row in rows) < 1e-7
    assert {row["relu"] for row in rows} <= {"clamp", "mask"}
    again, _ = swept(*words)
    others, _ = swept(*words, "--random-seed", "1")
    drawn = [[row["update.lr"] for row in each] for each in (rows, again, others)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_list_is_taken_from_a_file_or_from_stdin(swept, tmp_path, monkeypatch):
    points = [{"relu": "mask"}, {"relu": "where", "update.lr": 1e-5}]
    (tmp_path / "points.json").write_text(json.dumps(points))
    rows, _ = swept("--list", tmp_path / "points.json")
    assert [(row["relu"], row["update.lr"]) for row in rows] == [("mask", 1e-4), ("where", 1e-5)]
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(points)))
    assert len(swept("--list", "-")[0]) == 2


def test_one_that_diverges_is_told_and_is_a_no(swept):
    rows, status = swept("--grid", "update.lr=1e-4,1e3")
    assert [row["status"] for row in rows] == ["finished", "diverged"]
    assert rows[1]["loss"] in ("NaN", "Infinity")
    assert status == 1


@pytest.mark.usefixtures("swept")
def test_results_are_a_table_and_a_file(told, server, tmp_path):
    grid = ("--grid", "seed=0..1", "--grid", 'tags=[["a"]]')
    out, err, status = told("sweep", *TINY, *grid, "--out", tmp_path / "a.csv")
    assert status == 0
    head, *rows = (line.split("\t") for line in out.splitlines())
    assert head[:5] == ["id", "name", "seed", "tags", "status"]
    assert [row[2] for row in rows] == ["0", "1"]
    assert min(err.splitlines()).startswith("1 of 2: seed=")
    with (tmp_path / "a.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    (sweep,) = server.api.http.get("/api/sweeps?limit=1").json()["sweeps"]
    answer = server.api.http.get(f"/api/sweeps/{sweep['id']}/results", params={"format": "csv"})
    assert written == list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.usefixtures("swept")
def test_it_is_only_started(told, server):
    out, _, status = told("sweep", *TINY, "--grid", "seed=0..3", "--detach")
    assert status == 0
    assert server.api.http.get(f"/api/sweeps/{out.strip()}").json()["count"] == 4


@pytest.mark.usefixtures("swept")
def test_one_is_listed_steered_watched_exported_and_forgotten_by_its_name(told, server, tmp_path):
    words = ("iterations=1000000", "name=big", "--grid", "seed=0..1", "--detach")
    sweep_id = told("sweep", *TINY, *words)[0].strip()
    url = f"/api/sweeps/{sweep_id}"
    assert len(told("ls", "--sweep", "big")[0].splitlines()) == 1 + 2
    assert told("pause", "--sweep", sweep_id[:8])[0] == f"{sweep_id[:8]}  2 paused\n"
    (stopped,) = json.loads(told("stop", "--sweep", "big", "--json")[0])
    assert stopped["statuses"] == {"stopped": 2}
    out, _, status = told("watch", "--sweep", "big")
    assert (out.count(" stopped at "), status) == (2, 1)
    assert told("export", "--sweep", "big", "--out", tmp_path / "big.zip")[2] == 0
    with zipfile.ZipFile(tmp_path / "big.zip") as runs:
        assert len([name for name in runs.namelist() if name.endswith("losses.npy")]) == 2
    assert told("rm", "--sweep", "big")[2] == 0
    assert server.api.http.get(url).status_code == 404
    assert told("rm", "--sweep", "big")[1:] == ("reluscope: error: there is no sweep 'big'\n", 2)


@pytest.mark.usefixtures("swept")
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "expected one of --grid, --random"),
        (["--grid", "seed=0..1", "--random", "2", "--draw", "seed=0..9"], "expected one of --grid"),
        (["--grid", "seed=0..1", "--draw", "seed=0..9"], "expected one of --grid"),
        (["--random", "2"], "expected what to draw"),
        (["--grid", "seed"], "seed: expected FIELD=VALUE"),
        (["--grid", "seed=5..1"], "5..1: expected at most"),
        (["--grid", "relu=clamp,clmap"], "grid.relu.1: expected one of ['clamp', "),
        (["--list", "no-such.json"], "no-such.json: No such file"),
        (["--grid", "seed=0..1", "--out", "a.txt"], "a.txt: expected a name that ends in .csv"),
        (["grid=3", "--grid", "seed=0..1"], "grid: a run has no such field"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_in_a_line_and_none_is_started(told, server, words, reason):
    before = server.api.http.get("/api/sweeps?limit=500").json()["sweeps"]
    out, err, status = told("sweep", *TINY, *words)
    assert (out, status) == ("", 2)
    assert reason in err
    assert len(err.splitlines()) == 1
    assert server.api.http.get("/api/sweeps?limit=500").json()["sweeps"] == before
