import pytest
from websockets.exceptions import ConnectionClosed

from reluscope.training.diagnostics import CHANNELS
from reluscope.training.presets import PRESETS, sets
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES
from reluscope.training.spec import DTYPES, GRADIENTS

from ..serving import TINY
from ..watching import Viewer


@pytest.fixture(scope="module")
def catalog(server):
    answer = server.api.http.get("/api/catalog")
    assert answer.status_code == 200
    return answer.json()


def test_every_registered_choice_is_in_the_catalog(catalog):
    assert [relu["name"] for relu in catalog["relus"]] == list(RELUS)
    assert [rule["name"] for rule in catalog["rules"]] == list(RULES)
    presets = [preset.name for preset in (*PRESETS, *sets())]
    assert [preset["name"] for preset in catalog["presets"]] == presets
    assert [dtype["name"] for dtype in catalog["dtypes"]] == list(DTYPES)
    assert [gradients["name"] for gradients in catalog["gradients"]] == list(GRADIENTS)
    assert [channel["name"] for channel in catalog["channels"]] == [c.name for c in CHANNELS]
    assert catalog["devices"][0]["name"] == "cpu"


def test_every_choice_in_the_catalog_is_taken(api, catalog):
    for field, choices in (
        ("relu", catalog["relus"]),
        ("gradients", catalog["gradients"]),
        ("device", catalog["devices"]),
        ("dtype", catalog["dtypes"]),
    ):
        for choice in choices:
            api.start(**{**TINY, "iterations": 2, field: choice["name"]})
    for rule in catalog["rules"]:
        api.start(**{**TINY, "iterations": 2, "update": {"rule": rule["name"]}})


def test_a_set_has_a_run_for_each_choice(api, catalog):
    sets = {preset["name"]: preset for preset in catalog["presets"] if preset["grid"]}
    assert sets["every_relu"]["grid"] == {"relu": list(RELUS)}
    assert sets["every_rule"]["grid"] == {"update.rule": list(RULES)}
    for preset in sets.values():
        ((field, values),) = preset["grid"].items()
        assert len(set(values)) == len(values) > 1
        whole, _, inner = field.partition(".")
        for value in values:
            given = {**preset["spec"].get(whole, {}), inner: value} if inner else value
            api.start(**{**TINY, **preset["spec"], "iterations": 2, whole: given})


def test_the_ladder_of_learning_rates_ends_beyond_the_edge(api, catalog):
    """Its lowest rate goes down slowly, its default goes furthest, its highest diverges."""
    (ladder,) = (preset for preset in catalog["presets"] if preset["name"] == "learning_rates")
    rates = ladder["grid"]["update.lr"]
    assert rates == sorted(rates)
    update = ladder["spec"]["update"]
    ids = {
        rate: api.start(gradients="closed_form", update={**update, "lr": rate}) for rate in rates
    }
    views = dict(zip(rates, api.until_ended(*ids.values()), strict=True))
    assert views[rates[-1]]["status"] == "diverged"
    finished = {r: v["loss"] for r, v in views.items() if v["status"] == "finished"}
    assert min(finished, key=finished.__getitem__) == 1e-6
    assert finished[rates[0]] > 1000


def test_a_channel_is_told_with_its_number_and_its_words(catalog):
    for number, channel in enumerate(catalog["channels"], 1):
        assert set(channel) == {"number", "name", "title", "help", "unit"}
        assert channel["number"] == number
        assert channel["title"]
        assert channel["help"]
    assert catalog["channels"][0]["unit"] == "share"


def test_a_form_can_be_drawn_from_the_specs_schema(catalog):
    fields = catalog["spec"]["properties"]
    assert {"name", "relu", "update", "n", "d_in", "hidden", "d_out", "iterations"} <= set(fields)
    assert fields["relu"]["enum"] == list(RELUS)
    assert (fields["n"]["minimum"], fields["n"]["default"]) == (1, 64)
    for rule in catalog["rules"]:
        assert rule["schema"]["properties"]["lr"]["minimum"] == 0


def test_the_limits_are_those_that_hold(api, catalog):
    limits = catalog["limits"]
    for field, limit in (("n", "size"), ("iterations", "iterations"), ("pace", "pace")):
        beyond = api.http.post("/api/runs", json={**TINY, field: int(limits[limit]) + 1})
        assert beyond.status_code == 422
        assert beyond.json()["errors"][0]["allowed"]["maximum"] == limits[limit]
    headers = {"content-type": "application/json"}
    for path, limit in (("/api/runs", "body_bytes"), ("/api/sweeps", "sweep_bytes")):
        body = b'{"name": 5}'.ljust(int(limits[limit]))
        assert api.http.post(path, content=body, headers=headers).status_code == 422
        assert api.http.post(path, content=body + b" ", headers=headers).status_code == 413
    with Viewer(api.url.replace("http", "ws") + "/api/live") as viewer:
        viewer.send("5".rjust(limits["sent_message_bytes"]))
        assert viewer.until_said("error")
        viewer.send("5".rjust(limits["sent_message_bytes"] + 1))
        with pytest.raises(ConnectionClosed):
            viewer.until_said("error")


def test_the_versions_are_told(catalog):
    assert {"reluscope", "torch", "plotly.js"} <= set(catalog["versions"])
    assert all(catalog["versions"].values())
