"""GET /api/runs/{id}/script: the run as a file that prints its losses."""

import ast
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from reluscope.training.relus import RELUS, Relu
from tests.training.scripted import printed

from ..serving import LONG, TINY, problem

FEW = {**TINY, "iterations": 30}


def script_of(api, run_id: str) -> str:
    answer = api.http.get(f"/api/runs/{run_id}/script")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_it_is_python_under_a_name_of_its_own(api):
    run_id = api.start(**FEW)
    answer = api.http.get(f"/api/runs/{run_id}/script")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/x-python; charset=utf-8"
    disposition = answer.headers["content-disposition"]
    assert disposition == f'inline; filename="reluscope-{run_id[:8]}.py"'
    assert ast.parse(answer.content)


@pytest.mark.parametrize("gradients", ["autograd", "closed_form", "gram"])
def test_it_prints_the_losses_of_the_run(api, gradients):
    run_id = api.start(**FEW, gradients=gradients, seed=4)
    api.until_ended(run_id)
    assert printed(script_of(api, run_id)) == api.losses(run_id)


def test_it_prints_the_losses_of_a_run_that_was_changed(api):
    run_id = api.start(**FEW, pace=0.01)
    api.until_at(run_id, 1)
    api.verb(run_id, "pause")
    changed = {"pace": None, "update": {"lr": 2e-4, "momentum": 0.5}}
    assert api.http.patch(f"/api/runs/{run_id}", json=changed).status_code == 200
    api.verb(run_id, "resume")
    api.until_ended(run_id)
    text = script_of(api, run_id)
    assert text.count("if t == ") == 1
    assert printed(text) == api.losses(run_id)


def test_it_says_what_the_run_is_called_and_what_it_ran_on(api):
    run_id = api.start(**FEW, name='Ümläut "quoted"\nimport os')
    api.until_ended(run_id)
    text = script_of(api, run_id)
    assert "Ümläut" in text
    assert "import os" not in text.splitlines()
    assert f"torch {torch.__version__}" in text


def test_it_is_there_before_the_first_iteration(api):
    run_id = api.start(**LONG, pace=1e-6)
    assert "iterations = 1000000\n" in script_of(api, run_id)


def test_an_unknown_run_has_none(api):
    assert "nobody" in problem(api.http.get("/api/runs/nobody/script"), 404)["detail"]


def test_a_relu_without_a_source_has_none(api, monkeypatch):
    class Bend:
        def __call__(self, h):
            return torch.relu(h)

    monkeypatch.setitem(RELUS, "bend", Relu("bend", Bend(), "", "", "bend(h)", ""))
    document = problem(api.http.get(f"/api/runs/{api.start(**FEW, relu='bend')}/script"), 409)
    assert document["type"] == "urn:reluscope:problem:no-source"
    assert "Bend" in document["detail"]


def test_scripts_that_are_asked_for_at_once_are_made_one_after_the_other(api, monkeypatch):
    """Python 3.11 may fail where two threads parse at once."""
    run_id = api.start(**TINY, relu="my_relu")
    before = api.http.get(f"/api/runs/{run_id}/script").text.partition("\n\n")[2]
    real, inside, most, together = ast.parse, [], [], threading.Event()

    def parse(*given, **options):
        inside.append(None)
        most.append(len(inside))
        if len(inside) > 1:
            together.set()
        together.wait(0.001)  # for others to come, if they can
        try:
            return real(*given, **options)
        finally:
            inside.pop()

    monkeypatch.setattr(ast, "parse", parse)
    with ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(api.http.get, 8 * [f"/api/runs/{run_id}/script"]))
    assert {answer.text.partition("\n\n")[2] for answer in answers} == {before}
    assert max(most) == 1
