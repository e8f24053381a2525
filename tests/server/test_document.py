import pytest

from .serving import TINY, problem

KINDS = ("losses", "times", "diagnostics", "events", "script")


@pytest.fixture
def responses(api):
    """The answers that the document tells of, for GET of a path."""
    paths = api.http.get("/api/openapi.json").json()["paths"]
    return lambda path: paths[path]["get"]["responses"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_run_answers_is_described_under_the_type_that_it_comes_in(api, responses, kind):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    told = responses(f"/api/runs/{{id}}/{kind}")["200"]["content"]
    came = api.http.get(f"/api/runs/{run_id}/{kind}").headers["content-type"]
    assert came.split(";")[0] in told
    assert len(told) == (4 if kind == "losses" else 1)
    assert all(content["schema"] for content in told.values())


@pytest.mark.parametrize(
    ("kind", "model"), [("losses", "Losses"), ("times", "Times"), ("diagnostics", "Diagnostics")]
)
def test_what_is_written_by_hand_has_the_fields_of_its_model(api, kind, model):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    schemas = api.http.get("/api/openapi.json").json()["components"]["schemas"]
    answer = api.http.get(f"/api/runs/{run_id}/{kind}").json()
    assert list(answer) == list(schemas[model]["properties"]) == schemas[model]["required"]


def test_every_error_is_described_as_a_problem_document_and_nothing_else(api):
    document = api.http.get("/api/openapi.json").json()
    errors = [
        operation["responses"][status]["content"]
        for path, operations in document["paths"].items()
        if path not in ("/api/catalog", "/healthz", "/readyz", "/metrics")
        for operation in operations.values()
        for status in ("4XX", "5XX")
    ]
    schema = {"$ref": "#/components/schemas/Problem"}
    assert errors
    assert all(told == {"application/problem+json": {"schema": schema}} for told in errors)
    not_ready = document["paths"]["/readyz"]["get"]["responses"]["503"]["content"]
    assert not_ready == {"application/problem+json": {"schema": schema}}
    problem(api.http.get("/api/runs/none/script"), 404)
