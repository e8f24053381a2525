import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from reluscope.server.description.document import JSON
from reluscope.server.description.examples import PROBLEMS
from reluscope.server.problems import KINDS, TYPE

from ..serving import PROBLEM, TINY, problem

KINDS_OF_A_RUN = ("losses", "times", "diagnostics", "events", "script")

FILES = (
    "text/",
    "application/openmetrics-text",
    "application/zip",
    "application/x-npy",
    "application/vnd.",
)
"""What has no examples."""


@pytest.fixture(scope="module")
def document(server):
    return server.api.http.get("/api/openapi.json").json()


@pytest.fixture(scope="module")
def resolved(document):
    """What a place of the document refers to."""

    def follow(place: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in place:
            return place
        found = document
        for name in place["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return follow(found)

    return follow


@pytest.fixture(scope="module")
def validator(document):
    """A validator for a schema of the document."""
    registry = Registry().with_resource("urn:document", DRAFT202012.create_resource(document))

    def absolute(schema: Any) -> Any:
        if isinstance(schema, list):
            return [absolute(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        return {
            name: f"urn:document{value}" if name == "$ref" else absolute(value)
            for name, value in schema.items()
        }

    return lambda schema: Draft202012Validator(absolute(schema), registry=registry)


def operations(document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


@pytest.mark.parametrize("kind", KINDS_OF_A_RUN)
def test_what_a_run_answers_is_described_under_the_type_that_it_comes_in(api, document, kind):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    told = document["paths"][f"/api/runs/{{id}}/{kind}"]["get"]["responses"]["200"]["content"]
    came = api.http.get(f"/api/runs/{run_id}/{kind}").headers["content-type"]
    assert came.split(";")[0] in told
    assert len(told) == (4 if kind == "losses" else 1)
    assert all(content["schema"] for content in told.values())


@pytest.mark.parametrize(
    ("kind", "model"), [("losses", "Losses"), ("times", "Times"), ("diagnostics", "Diagnostics")]
)
def test_what_is_written_by_hand_has_the_fields_of_its_model(api, document, kind, model):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    schema = document["components"]["schemas"][model]
    answer = api.http.get(f"/api/runs/{run_id}/{kind}").json()
    assert list(answer) == list(schema["properties"]) == schema["required"]


def test_every_error_is_described_by_its_status_and_the_types_that_it_may_have(
    api, document, resolved
):
    for method, path, operation in operations(document):
        errors = {s: resolved(a) for s, a in operation["responses"].items() if s >= "400"}
        assert {"401", "403", "429", "500"} <= set(errors), (method, path)
        for status, answer in errors.items():
            assert re.fullmatch(r"[45]\d\d", status)
            (content,) = answer["content"].values()
            assert list(answer["content"]) == [PROBLEM]
            told = content["schema"]["properties"]
            assert told["status"] == {"const": int(status)}
            assert told["type"]["enum"] == [f"{TYPE}{name}" for name in content["examples"]]
    missing = document["paths"]["/api/runs/{id}/script"]["get"]["responses"]["404"]
    came = problem(api.http.get("/api/runs/none/script"), 404)
    (content,) = resolved(missing)["content"].values()
    assert came["type"] in content["schema"]["properties"]["type"]["enum"]


def test_every_kind_of_problem_has_an_example_and_is_told_of_somewhere(document):
    assert {kind.name for kind in KINDS.values()} <= set(PROBLEMS)
    assert set(document["components"]["examples"]) == set(PROBLEMS)
    told = json.dumps(document["components"]["responses"])
    assert all(f'"{TYPE}{name}"' in told for name in PROBLEMS)


def test_every_example_is_what_its_schema_says(document, resolved, validator):
    for method, path, operation in operations(document):
        asked = operation.get("requestBody", {})
        for place in (asked, *map(resolved, operation["responses"].values())):
            for media_type, content in place.get("content", {}).items():
                examples = content.get("examples", {})
                assert examples or media_type.startswith(FILES), (method, path, media_type)
                for name, example in examples.items():
                    value = resolved(example)["value"]
                    found = [str(e) for e in validator(content["schema"]).iter_errors(value)]
                    assert found == [], (method, path, name)


def places(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all within it."""
    inner = schema.values() if isinstance(schema, dict) else schema
    if isinstance(schema, dict):
        yield schema
    for each in inner:
        if isinstance(each, dict | list):
            yield from places(each)


def test_what_is_asked_has_nothing_that_programs_which_make_programs_leave_out(document):
    """openapi-python-client had no way to make a run or a sweep."""
    for name in ("RunSpec", "SweepSpec"):
        for place in places(document["components"]["schemas"][name]):
            assert not isinstance(place.get("default"), dict) or place["default"] == {}
            if "properties" in place:
                for branch in place.get("oneOf", ()):
                    assert all("type" not in one for one in branch["properties"].values())


def test_operations_have_names_that_programs_can_use_and_clauses_that_people_can_read(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)
    for _, path, operation in operations(document):
        assert 5 < len(operation["summary"]) <= 150, path
        assert operation["description"]
        assert operation["tags"][0] in {tag["name"] for tag in document["tags"]}


def test_a_spec_that_the_server_takes_is_one_by_its_schema_and_the_other_way_round(
    api, document, validator
):
    schema = validator(
        document["paths"]["/api/runs"]["post"]["requestBody"]["content"][JSON]["schema"]
    )
    updates = [{}, {"lr": 1e-4}, {"rule": "sgd"}, {"rule": "adam", "lr": 1e-4}, {"betas": []}]
    updates += [{"rule": "none"}, {"lr": "NaN"}, {"lr_w1": None}, None]
    for spec in [{"update": update} for update in updates] + [{"n": 4.0}, {"n": 4.5}, {"n": True}]:
        answer = api.http.post("/api/runs", json={**TINY, **spec})
        assert (answer.status_code == 201) == schema.is_valid({**TINY, **spec}), spec


def test_a_trailing_slash_is_another_path(api):
    problem(api.http.get("/api/runs/"), 404)
    problem(api.http.post("/api/runs/", json={}), 404)


def test_a_list_that_is_filtered_by_what_there_is_not_is_empty_and_the_document_allows_it(
    api, document
):
    assert api.http.get("/api/runs", params={"sweep": "none"}).json()["runs"] == []
    asked = {place["name"]: place for place in document["paths"]["/api/runs"]["get"]["parameters"]}
    assert "format" not in asked["sweep"]["schema"]["items"]
