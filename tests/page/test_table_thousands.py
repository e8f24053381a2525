"""Thousands of runs in the table: only those that are seen are there."""

import json
from typing import Any

from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.telling import changed
from tests.page.visit import Visit

COUNT = 5000

ROWS = "() => document.querySelectorAll('#table [role=row]').length"


def many(run: dict[str, Any]) -> list[dict[str, Any]]:
    """A run, and so many like it."""
    return [
        {
            **run,
            "id": f"{index:08x}{run['id'][8:]}",
            "created_at": run["created_at"] - index,
            "spec": {**run["spec"], "name": f"run {index:04}", "seed": index},
            "pinned": False,
        }
        for index in range(1, COUNT)
    ]


def test_of_thousands_of_rows_those_are_drawn_that_are_seen(visit: Visit, api: Api) -> None:
    """More than this machine would train while one waits; the list is told as a server tells it."""
    api.start("mine", iterations=1, n=1, d_in=1, hidden=1, d_out=1)
    api.losses("mine")

    def more(text: str) -> str:
        told = json.loads(text)
        whole = [run for run in told.get("runs", []) if told["type"] == "runs" and "spec" in run]
        if not whole:
            return text
        return json.dumps({**told, "runs": [*told["runs"], *many(whole[0])]})

    changed(visit, text=more)
    visit.page.goto(f"{api.url}/?runs={api.run('mine')['id'][:8]}")
    expect(visit.table).to_have_attribute("aria-rowcount", str(COUNT + 1))
    assert visit.page.evaluate(ROWS) < 60

    visit.table.scroll_into_view_if_needed()
    bottom = visit.row(f"run {COUNT - 1}").element
    visit.table.evaluate("table => table.scrollTo(0, table.scrollHeight)")
    expect(bottom).to_be_in_viewport()
    expect(bottom).to_have_attribute("aria-rowindex", str(COUNT + 1))
    assert visit.page.evaluate(ROWS) < 60
    visit.table.evaluate("table => table.scrollTo(0, table.scrollHeight / 2)")
    expect(visit.row("run 2500").element).to_be_in_viewport()

    typed = visit.page.get_by_role("searchbox", name="Filter")
    typed.fill("seed>4990 run")
    visit.until_names(*(f"run {index}" for index in range(4991, COUNT)))
    expect(visit.page.get_by_text("9 of 5,000 runs")).to_be_visible()
    typed.fill("")
    visit.table.get_by_role("columnheader", name="Run").get_by_role("button").click()
    visit.until(lambda: visit.names()[:2] == ["mine", "run 0001"], "the first by name")
    visit.page.get_by_role("checkbox", name="Pick all in the list").check()
    expect(visit.page.get_by_text("5,000 picked")).to_be_visible()
    assert visit.page.evaluate(ROWS) < 60
