import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from reluscope.server.routes import relus as room
from reluscope.training.relus import RELUS, Relu
from tests.waiting import DEADLINE_S, eventually

from ..serving import problem


def checked(api, name):
    answer = api.http.get(f"/api/relus/{name}/check")
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text, parse_constant=pytest.fail)


@pytest.fixture
def enter(monkeypatch):
    def entered(name, apply):
        monkeypatch.setitem(RELUS, name, Relu(name, apply, name, name, name, name))

    return entered


@pytest.mark.parametrize("name", RELUS)
def test_every_relu_can_be_checked(api, name):
    check = checked(api, name)
    assert (check["relu"], check["dtype"], check["error"]) == (name, "float32", None)
    assert check["torch"] == torch.__version__
    assert check["gradcheck"] == check["gradgradcheck"] == {"passed": True, "reason": None}
    assert check["kink"].endswith(".")
    for way in ("forward", "backward"):
        cost = check["timing"][way]
        assert 0 < cost["lowest"] <= cost["ratio"] <= cost["highest"]
        assert cost["call_s"] > 0


def test_numbers_are_told_as_they_are(api):
    points = checked(api, "mask")["points"]
    assert [point["h"] for point in points] == [-1, 0, 0, 1, "NaN", "Infinity", "-Infinity"]
    values = [point["value"] for point in points]
    assert values == [0, 0, 0, 1, "NaN", "Infinity", "NaN"]
    signs = [math.copysign(1, points[at][field]) for at in (1, 2) for field in ("h", "value")]
    assert signs == [-1, -1, 1, 1]


def test_the_slopes_are_those_of_this_torch(api):
    h = torch.tensor([-1, -0.0, 0, 1, math.nan, math.inf, -math.inf]).requires_grad_()
    h.clamp(min=0).sum().backward()
    assert [point["slope"] for point in checked(api, "clamp")["points"]] == h.grad.tolist()


def test_one_that_raises_is_told_of(api, enter):
    enter("broken", lambda h: h.no_such_method())
    check = checked(api, "broken")
    assert "no_such_method" in check["error"]
    assert check["points"] is check["timing"] is check["gradcheck"] is None


def drawn(api, name):
    answer = api.http.get(f"/api/relus/{name}/curve")
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text, parse_constant=pytest.fail)


@pytest.mark.parametrize("name", RELUS)
def test_every_relu_can_be_drawn(api, name):
    curve, check = drawn(api, name), checked(api, name)
    assert [curve[field] for field in ("relu", "dtype", "torch", "kink", "error")] == [
        check[field] for field in ("relu", "dtype", "torch", "kink", "error")
    ]
    assert len(curve["h"]) == len(curve["value"]) == len(curve["slope"])
    assert curve["h"] == sorted(curve["h"])
    at = dict(zip(curve["h"], zip(curve["value"], curve["slope"], strict=True), strict=True))
    points = {point["h"]: point for point in check["points"]}
    for h in (-1, 0, 1):
        assert at[h] == (points[h]["value"], points[h]["slope"])
    assert curve["slope_at_0"] == points[0]["slope"]
    assert curve["value_at_nan"] == points["NaN"]["value"]


def test_what_is_not_finite_on_a_curve_is_told_as_it_is(api, enter):
    enter("inverse", lambda h: 1 / h)
    curve = drawn(api, "inverse")
    at_0 = curve["h"].index(0)
    assert (curve["value"][at_0], curve["slope"][at_0]) == ("Infinity", "-Infinity")
    assert curve["value_at_nan"] == "NaN"


def test_one_that_cannot_be_drawn_is_told_of(api, enter):
    enter("broken", lambda h: h.no_such_method())
    curve = drawn(api, "broken")
    assert "no_such_method" in curve["error"]
    assert curve["h"] is curve["value"] is curve["slope"] is curve["slope_at_0"] is None


@pytest.mark.parametrize("what", ["check", "curve"])
@pytest.mark.parametrize("name", ["softplus", "Clamp", "%ff", "a" * 5000, " "])
def test_an_unknown_name_is_told_the_known_ones(api, name, what):
    document = problem(api.http.get(f"/api/relus/{name}/{what}"), 404)
    assert document["type"] == "urn:reluscope:problem:unknown-name"
    assert all(known in document["detail"] for known in RELUS)
    assert len(document["detail"]) < 1000


def test_checks_follow_each_other_while_all_else_is_answered(api, monkeypatch):
    inside, most, go = [], [], threading.Event()

    def measure(relu):
        inside.append(relu)
        most.append(len(inside))
        assert go.wait(DEADLINE_S)
        inside.pop()
        return real(relu, rounds=1)

    real = room.measure
    monkeypatch.setattr(room, "measure", measure)
    with ThreadPoolExecutor(60) as clients:
        asked = [clients.submit(checked, api, "relu") for _ in range(60)]
        try:
            eventually(lambda: inside, "the first check")
            assert api.http.get("/api/runs").status_code == 200  # which takes a thread
        finally:
            go.set()
        assert all(check.result()["error"] is None for check in asked)
    assert most == [1] * 60
