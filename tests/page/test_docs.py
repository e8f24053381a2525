"""The API's own page: what may be asked, read and tried, with nothing from another machine."""

import re

import pytest
from playwright.sync_api import expect

from tests.house.serving import serving
from tests.page.api import COMMAND


@pytest.fixture
def docs(visiting, api):
    visit = visiting(api.url, opens=False)
    visit.page.goto(f"{api.url}/docs")
    return visit


def test_every_operation_is_shown(docs, api):
    told = [
        (method.upper(), path)
        for path, methods in api.get("/openapi.json")["paths"].items()
        for method in methods
    ]
    shown = docs.page.locator(".opblock")
    expect(shown).to_have_count(len(told))
    methods = docs.page.locator(".opblock-summary-method").all_inner_texts()
    paths = docs.page.locator(".opblock-summary-path").evaluate_all(
        "(paths) => paths.map((path) => path.dataset.path)"
    )
    assert sorted(zip(methods, paths, strict=True)) == sorted(told)


def test_an_operation_can_be_tried(docs, api):
    docs.page.locator("#operations-runs-runs_create .opblock-summary").click()
    opened = docs.page.locator("#operations-runs-runs_create")
    expect(opened).to_contain_text("No room for another run now")
    opened.get_by_role("button", name="Execute").click()
    expect(opened.locator(".live-responses-table")).to_contain_text("201")
    assert len(api.get("/runs")["runs"]) == 1


def test_it_works_below_a_path(visiting, tmp_path):
    with serving([*COMMAND, "--root-path", "/scope"], tmp_path) as server:
        visit = visiting(server.url, opens=False)
        visit.page.goto(f"{server.url}/scope/docs")
        expect(visit.page.locator("#operations-runs-runs_create")).to_be_visible()
        servers = visit.page.locator(".servers select option")
        expect(servers).to_have_text(re.compile("/scope"))
