"""Many runs that are made, shown, steered, exported and deleted as one."""

import csv
import io
import json
import zipfile

import numpy as np
import pytest

from reluscope.training.spec import RunSpec

from ..serving import LONG, TINY, in_thread, problem

SHORT = {**TINY, "iterations": 3}
SLOW = {**LONG, "pace": 5.0}


def sweep_of(api, **body):
    """A sweep that is started; what the server says of it."""
    answer = api.http.post("/api/sweeps", json=body)
    assert answer.status_code == 201, answer.text
    sweep = answer.json()
    assert answer.headers["location"] == f"/api/sweeps/{sweep['id']}"
    return sweep


def show(api, sweep_id):
    answer = api.http.get(f"/api/sweeps/{sweep_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def ask(api, sweep_id, verb):
    return api.http.post(f"/api/sweeps/{sweep_id}/{verb}")


def wrong(api, **body):
    """The fields that are refused; and then there is nothing."""
    document = problem(api.http.post("/api/sweeps", json=body), 422)
    assert api.http.get("/api/runs").json()["runs"] == []
    found = {error["field"]: error for error in document["errors"]}
    assert len(found) == len(document["errors"])
    return found


def test_a_grid_has_a_run_for_each_combination_in_order(api):
    base = {**SHORT, "name": "mine", "tags": ["t"], "update": {"lr": 1e-4, "momentum": 0.5}}
    sweep = sweep_of(api, base=base, grid={"relu": ["clamp", "where"], "update.lr": [1e-6, 1e-5]})
    runs = [api.show(run_id) for run_id in sweep.pop("runs")]
    created_at, statuses = sweep.pop("created_at"), sweep.pop("statuses")
    sweep_id = sweep.pop("id")
    assert sweep == {"name": "mine", "fields": ["relu", "update.lr"], "count": 4}
    assert sum(statuses.values()) == 4
    assert created_at == min(run["created_at"] for run in runs)
    due = [("clamp", 1e-6), ("clamp", 1e-5), ("where", 1e-6), ("where", 1e-5)]
    for place, (run, (relu, lr)) in enumerate(zip(runs, due, strict=True)):
        assert run["sweep"] == {
            "id": sweep_id,
            "name": "mine",
            "place": place,
            "point": {"relu": relu, "update.lr": lr},
        }
        update = {"rule": "sgd", "lr": lr, "momentum": 0.5}
        own = {"relu": relu, "update": update, "name": f"mine · {relu} · lr {lr:.0e}"}
        asked = RunSpec.model_validate({**base, **own, "name": run["spec"]["name"]})
        assert run["spec"] == asked.model_dump()
        assert run["spec"]["name"] == f"mine · {relu} · lr {lr:.0e}".replace("e-0", "e-")
    assert [run["created_at"] for run in runs] == sorted({run["created_at"] for run in runs})
    listed = api.http.get("/api/runs", params={"sweep": sweep_id}).json()["runs"]
    assert [run["id"] for run in reversed(listed)] == [run["id"] for run in runs]
    api.until_ended(*(run["id"] for run in runs))
    assert show(api, sweep_id)["statuses"] == {"finished": 4}


def test_runs_are_drawn_and_listed(api):
    fields = {
        "update.lr": {"low": 1e-6, "high": 1e-3, "log": True},
        "hidden": {"low": 2, "high": 9},
    }
    random = {"count": 6, "seed": 4, "fields": fields}
    first, again = (sweep_of(api, base=SHORT, random=random) for _ in range(2))
    specs = [[api.show(run_id)["spec"] for run_id in sweep["runs"]] for sweep in (first, again)]
    assert specs[0] == specs[1]
    assert len({spec["update"]["lr"] for spec in specs[0]}) == 6
    assert all(2 <= spec["hidden"] <= 9 for spec in specs[0])

    listed = sweep_of(api, base=SHORT, list=[{"seed": 5}, {"relu": "mask"}, {}])
    assert listed["fields"] == ["seed", "relu"]
    specs = [api.show(run_id)["spec"] for run_id in listed["runs"]]
    assert [(s["seed"], s["relu"]) for s in specs] == [(5, "clamp"), (0, "mask"), (0, "clamp")]


def test_each_rule_has_its_own_defaults_where_they_are_all_that_differs(api):
    sweep = sweep_of(api, base=SHORT | {"update": {}}, grid={"update.rule": ["sgd", "adam"]})
    rules = [api.show(run_id)["spec"]["update"] for run_id in sweep["runs"]]
    assert [(rule["rule"], rule["lr"]) for rule in rules] == [("sgd", 1e-6), ("adam", 1e-3)]


RULES = {"update.momentum": [0.5], "update.rule": ["sgd", "adam"]}
MOMENTUM = {"update": {"momentum": 0}}
GRAM = {"gradients": ["autograd", "gram"]}

WRONG = [
    ({"grid": {"seed": [1], "update.lr": [1, "x", -1]}}, ["grid.update.lr.1", "grid.update.lr.2"]),
    ({"grid": {"hidden": [0], "seed": [1, 2]}}, ["grid.hidden.0"]),
    ({"grid": {"tags": [["a"], ["b", ""]]}}, ["grid.tags.1.1"]),
    ({"grid": {"update": [{"rule": "adam", "lr": -1}]}}, ["grid.update.0.lr"]),
    ({"grid": GRAM, "base": {"update": {"rule": "adam"}}}, ["grid.gradients.1"]),
    ({"grid": RULES}, ["grid.update.momentum.0"]),
    ({"base": MOMENTUM, "grid": {"update.rule": ["adam"]}}, ["base.update.momentum"]),
    ({"base": {"n": "many", "x": 1}, "list": [{}]}, ["base.n", "base.x"]),
    ({"base": {"name": "x" * 201}, "grid": {"n": [1, 2]}}, ["base.name"]),
    ({"list": [{}, {"hidden": 0}, {"nope": 1}]}, ["list.1.hidden", "list.2.nope"]),
    ({"random": {"count": 9, "fields": {"relu": {"low": 1, "high": 2}}}}, ["random.fields.relu"]),
    ({"random": {"count": 1, "fields": {"n": {"low": 1.2, "high": 1.8}}}}, ["random.fields.n"]),
    ({"random": {"count": 1, "fields": {"n": {"low": 3, "high": 2}}}}, ["random.fields.n.high"]),
    ({"random": {"count": 1, "fields": {"n": []}}}, ["random.fields.n"]),
    ({"grid": {"n": [1], "device": ["cuda:99"]}}, ["grid.device.0"]),
    ({"base": {"n": 10**6}, "grid": {"d_in": [10, 10**6 - 1]}}, ["base.n"]),
    ({"grid": {"relu": "clamp"}}, ["grid.relu"]),
    ({"grid": {}, "list": [{}]}, [""]),
    ({"grid": {}, "more": 1}, ["more"]),
    ({"grid": {"x" * 300: [1]}}, [f"grid.{'x' * 195}"]),
]


@pytest.mark.parametrize(("body", "fields"), WRONG, ids=lambda part: str(part)[:60])
def test_what_is_wrong_is_named_as_it_was_written_and_nothing_is_made(api, body, fields):
    assert list(wrong(api, **body)) == fields


def test_what_was_given_and_what_may_come_is_told(api):
    found = wrong(api, grid={"update.lr": [1e-4, "x"]}, base={"hidden": 0})
    assert (found["grid.update.lr.1"]["given"], found["base.hidden"]["given"]) == ("x", 0)
    assert found["base.hidden"]["allowed"] == {"type": "integer", "minimum": 1, "maximum": 10**6}
    found = wrong(api, grid={"relu": ["clamp", "other"]})
    assert "clamp" in found["grid.relu.1"]["allowed"]
    assert len(wrong(api, grid={"seed": list(range(-50, 0))})) == 20


def test_more_than_may_be_live_are_refused_with_the_limit(api):
    limit = api.http.get("/api/catalog").json()["limits"]["live_runs"]
    for body in (
        {"grid": {"seed": list(range(limit + 1))}},
        {"random": {"count": 10**18, "fields": {}}},
        {"grid": {path: list(range(5000)) for path in ("seed", "n", "d_in", "hidden")}},
    ):
        document = problem(api.http.post("/api/sweeps", json=body), 409)
        assert document["type"] == "urn:reluscope:problem:no-room"
        assert document["limit"] == {"name": "live_runs", "maximum": limit}
    one = api.start(**SLOW)
    body = {"base": SLOW, "grid": {"seed": list(range(limit))}}
    assert problem(api.http.post("/api/sweeps", json=body), 409)["limit"]["name"] == "live_runs"
    assert [run["id"] for run in api.http.get("/api/runs").json()["runs"]] == [one]


def test_all_are_paused_resumed_and_stopped_and_those_that_have_ended_stay(api):
    sweep = sweep_of(api, base=SLOW, list=[{}, {}, {"iterations": 1, "pace": None}])
    *slow, short = sweep["runs"]
    api.until_ended(short)
    for verb, status in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        answer = ask(api, sweep["id"], verb)
        assert answer.status_code == 200
        assert answer.json()["runs"] == sweep["runs"]
        for run_id in slow:
            api.until_status(run_id, status)
        assert api.show(short)["status"] == "finished"
        assert show(api, sweep["id"])["statuses"] == {status: 2, "finished": 1}
    assert ask(api, sweep["id"], "resume").json()["statuses"] == {"stopped": 2, "finished": 1}


def test_one_that_is_gone_meanwhile_is_passed_over(api, server, monkeypatch):
    sweep = sweep_of(api, base=SLOW, list=[{}, {}])
    gone, slow = sweep["runs"]
    pause = server.book.pause

    def pausing(run_id, **options):
        if run_id == gone:
            server.book.delete(gone)
        return pause(run_id, **options)

    monkeypatch.setattr(server.book, "pause", pausing)
    assert ask(api, sweep["id"], "pause").status_code == 200
    assert show(api, sweep["id"])["runs"] == [slow]
    assert api.show(slow)["status"] == "paused"


@pytest.mark.parametrize(("verb", "status"), [("pause", "paused"), ("stop", "stopped")])
def test_where_one_is_in_a_long_iteration_a_verb_is_accepted(api, monkeypatch, verb, status):
    monkeypatch.setattr("reluscope.server.routes.sweeps.VERB_TIMEOUT_S", 0.01)
    heavy = {"n": 2000, "d_in": 2000, "hidden": 2000, "relu": "my_relu", "pace": None}
    sweep = sweep_of(api, base=SLOW, list=[heavy, {}])
    api.until_status(sweep["runs"][0], "running")
    answer = ask(api, sweep["id"], verb)
    assert answer.status_code == 202
    for run_id in sweep["runs"]:
        api.until_status(run_id, status)


def test_it_goes_with_its_runs(api):
    sweep, other = (sweep_of(api, base=SLOW, grid={"seed": [1, 2]}) for _ in range(2))
    assert api.http.delete(f"/api/runs/{sweep['runs'][0]}").status_code == 204
    assert show(api, sweep["id"])["runs"] == sweep["runs"][1:]
    assert api.http.delete(f"/api/sweeps/{sweep['id']}").status_code == 204
    calls = [("GET", ""), ("GET", "/results"), ("DELETE", ""), ("POST", "/stop")]
    for method, more in [*calls, ("POST", "/pause"), ("POST", "/resume")]:
        answer = api.http.request(method, f"/api/sweeps/{sweep['id']}{more}")
        assert problem(answer, 404)["type"] == "urn:reluscope:problem:unknown-sweep"
    assert show(api, other["id"])["count"] == 2
    assert len(api.http.get("/api/runs").json()["runs"]) == 2


def test_sweeps_are_listed_newest_first_page_by_page(api):
    api.start(**SHORT)
    made = [sweep_of(api, base=SHORT, list=[{}])["id"] for _ in range(5)]
    found, after = [], None
    while True:
        query = {"limit": 2} | ({"after": after} if after else {})
        page = api.http.get("/api/sweeps", params=query).json()
        found += [sweep["id"] for sweep in page["sweeps"]]
        if (after := page["next"]) is None:
            break
    assert found == made[::-1]


def as_cell(value):
    """A value of JSON as a cell of CSV has it."""
    if isinstance(value, list):
        return json.dumps(value)
    if str(value).startswith("="):
        return f"'{value}"
    return "" if value is None else str(value)


def results(api, sweep_id, **query):
    return api.http.get(f"/api/sweeps/{sweep_id}/results", **query)


def test_what_has_come_of_it_is_one_table(api, server):
    points = [{"update.lr": 1e-4}, {"tags": ["a", "b"], "update.lr": 1e-5}, {"hidden": 3}]
    sweep = sweep_of(api, base={**SLOW, "name": '=mine, "x"'}, list=points)
    ids = sweep["runs"]
    ask(api, sweep["id"], "pause")
    for run_id, losses in zip(ids, ([2.0, np.nan], [np.inf, -np.inf], []), strict=True):
        server.book.find(run_id).record(np.array(losses))
    table = json.loads(results(api, sweep["id"]).text, parse_constant=pytest.fail)
    own = ["update.lr", "tags", "hidden"]
    after = ["status", "iteration", "loss", "min_loss", "rate", "reason"]
    assert table["id"] == sweep["id"]
    assert table["columns"] == ["id", "name", *own, *after]
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    assert [row["id"] for row in rows] == ids
    assert [[row[field] for field in own] for row in rows] == [
        [1e-4, [], 5],
        [1e-5, ["a", "b"], 5],
        [1e-4, [], 3],
    ]
    for row in rows:
        view = api.show(row["id"])
        assert [row[name] for name in after] == [view[name] for name in after]
        assert row["name"] == view["spec"]["name"]
    assert [row["loss"] for row in rows[:2]] == ["NaN", "-Infinity"]

    for query in (
        {"params": {"format": "csv"}},
        {"headers": {"Accept": "text/csv"}},
        {"headers": [("Accept", "image/png"), ("Accept", "text/csv")]},
    ):
        answer = results(api, sweep["id"], **query)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["vary"] == "Accept"
        read = list(csv.reader(io.StringIO(answer.text)))
        assert read[0] == table["columns"]
        for cells, row in zip(read[1:], table["rows"], strict=True):
            assert cells == [as_cell(value) for value in row]
        assert read[1][1].startswith("'=mine, ")
    refused = results(api, sweep["id"], headers={"Accept": "image/png"})
    assert problem(refused, 406)["detail"] == "offered here: application/json, text/csv"
    assert results(api, sweep["id"], headers={"Accept": "*/*"}).json() == table


def test_a_sweep_of_names_has_one_column_of_them_and_each_stays_one_cell(api):
    names = ["=1+1", "b\rc", 'd"\n', "-e", "@f"]
    sweep = sweep_of(api, base=SHORT, grid={"name": names, "relu": ["clamp"]})
    table = results(api, sweep["id"]).json()
    assert table["columns"][:4] == ["id", "name", "relu", "status"]
    assert [row[1] for row in table["rows"]] == names
    text = results(api, sweep["id"], params={"format": "csv"}).text
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[1] for row in read] == ["name", "'=1+1", "b\rc", 'd"\n', "'-e", "'@f"]


def test_it_is_exported_as_a_whole_and_comes_back_as_one(api):
    sweep = sweep_of(api, base=SHORT, grid={"seed": [1, 2]})
    api.until_ended(*sweep["runs"])
    query = {"sweep": sweep["id"], "id": sweep["runs"][1]}
    content = api.http.get("/api/export", params=query).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        listed = json.loads(archive.read("manifest.json"))["runs"]
    assert sorted(run["id"] for run in listed) == sorted(sweep["runs"])
    before = [api.show(run_id)["sweep"] for run_id in sweep["runs"]]
    api.http.delete(f"/api/sweeps/{sweep['id']}")
    unknown = api.http.get("/api/export", params={"sweep": sweep["id"]})
    assert problem(unknown, 404)["type"] == "urn:reluscope:problem:unknown-sweep"
    zipped = {"Content-Type": "application/zip"}
    assert api.http.post("/api/import", content=content, headers=zipped).status_code == 201
    assert show(api, sweep["id"]) == {**show(api, sweep["id"]), "runs": sweep["runs"]}
    assert [api.show(run_id)["sweep"] for run_id in sweep["runs"]] == before
    for query in ({}, {"sweep": [sweep["id"]] * 1001}):
        problem(api.http.get("/api/export", params=query), 422)


def test_the_same_key_finds_the_sweep_that_it_made_also_after_a_restart(tmp_path):
    body = {"base": SHORT, "grid": {"seed": [1, 2]}}
    key = {"Idempotency-Key": "a key"}
    with in_thread(data=tmp_path) as server:
        post = server.api.http.post
        first = post("/api/sweeps", json=body, headers=key).json()
        assert post("/api/sweeps", json=body, headers=key).json()["id"] == first["id"]
        other = {"base": SHORT, "grid": {"seed": [2, 1]}}
        refused = post("/api/sweeps", json=other, headers=key)
        assert problem(refused, 422)["type"].endswith("idempotency-key-reused")
        refused = post("/api/runs", json=SHORT, headers=key)
        assert problem(refused, 422)["type"].endswith("idempotency-key-reused")
        server.api.http.delete(f"/api/runs/{first['runs'][0]}")
    with in_thread(data=tmp_path) as server:
        post = server.api.http.post
        again = post("/api/sweeps", json=body, headers=key)
        assert again.status_code == 201
        assert (again.json()["id"], again.json()["runs"]) == (first["id"], first["runs"][1:])
        assert len(list(server.book.newest_first())) == 1
        server.api.http.delete(f"/api/sweeps/{first['id']}")
        spent = problem(post("/api/sweeps", json=body, headers=key), 410)
        assert first["id"] in spent["detail"]


def test_a_body_may_be_as_large_as_a_thousand_runs_are(api):
    points = [{"seed": seed, "tags": ["x" * 50] * 3} for seed in range(999)]
    sweep = sweep_of(api, base={**SLOW, "pace": 1e-3}, list=points)
    assert sweep["count"] == 999
