"""What is on the charts is what the table says, and what it lists can be put there."""

import json
from typing import Any

from playwright.sync_api import Route, expect

from tests.page.api import Api
from tests.page.visit import Visit, Visiting

SMALL: dict[str, Any] = {"n": 4, "d_in": 4, "hidden": 3, "d_out": 2, "iterations": 20}

FEW = 9
"""Runs that can be watched: six on the charts, and three beside them."""

LOOK = """(line) => [
  getComputedStyle(document.documentElement).getPropertyValue(line.getAttribute('stroke').slice(4, -1)).trim(),
  line.getAttribute('stroke-dasharray') || 'solid',
]"""

DRAWN_LOOKS = """() => Object.fromEntries(document.querySelector('.plot').data
  .filter(({ text }) => !text).map(({ name, line }) => [name, [line.color, line.dash]]))"""


def started(api: Api, count: int) -> list[str]:
    names = [f"run {index}" for index in range(count)]
    for index, name in enumerate(names):
        api.start(name, **SMALL, seed=index, relu="where" if index % 2 else "clamp")
        api.losses(name)
    return names


def watching_few(visiting: Visiting, api: Api) -> Visit:
    """A visit to a server that lets few runs be watched."""
    catalog = api.get("/catalog")
    catalog["limits"]["watched_runs"] = FEW
    visit = visiting(api.url, opens=False)

    def fewer(route: Route) -> None:
        route.fulfill(body=json.dumps(catalog), content_type="application/json")

    visit.page.route("**/api/catalog", fewer)
    return visit


def test_what_the_filter_lists_is_put_on_the_charts(visit: Visit, api: Api) -> None:
    names = started(api, 5)
    visit.until(lambda: set(visit.drawn()) == set(names), "all curves")
    told = visit.page.locator(".counted")
    expect(told).to_be_hidden()
    typed = visit.page.get_by_role("searchbox", name="Filter")
    typed.fill("relu:where")
    expect(told).to_contain_text("2 of 5 runs · 5 on the charts")
    visit.button("Show these 2").press("Enter")
    visit.until(lambda: set(visit.drawn()) == {"run 1", "run 3"}, "the curves of those listed")
    expect(visit.button("Show these 2")).to_be_hidden()
    expect(told).to_contain_text("2 of 5 runs")
    typed.fill("")
    expect(told).to_contain_text("5 runs · 2 on the charts")
    visit.button("Show all 5").click()
    visit.until(lambda: set(visit.drawn()) == set(names), "all curves again")
    expect(told).to_be_hidden()


def test_of_more_than_can_be_watched_the_newest_are_offered(visiting: Visiting, api: Api) -> None:
    names = started(api, 8)
    visit = watching_few(visiting, api)
    visit.page.goto(f"{api.url}/?runs={api.run('run 0')['id'][:8]}")
    told = visit.page.locator(".counted")
    expect(told).to_contain_text("8 runs · 1 on the charts")
    visit.button("Show the newest 6").click()
    visit.until(lambda: set(visit.drawn()) == set(names[2:]), "the newest")
    expect(told.locator(".passing")).to_have_text("8 runs · 6 on the charts, as many as can be")
    expect(told.get_by_role("button")).to_be_hidden()


def test_where_all_runs_are_hidden_the_chart_says_so(visit: Visit, api: Api) -> None:
    started(api, 2)
    visit.page.goto(f"{api.url}/?runs=00000000")
    expect(visit.charts.get_by_text("All runs are hidden.")).to_be_visible()
    expect(visit.page.get_by_text("Losses appear here")).to_have_count(0)
    visit.button("Show all 2").click()
    visit.until(visit.drawn, "the curves")


def test_a_group_says_how_many_of_its_runs_are_shown_and_which_curve_is_its(
    visit: Visit, api: Api
) -> None:
    names = started(api, 5)
    visit.row(names[0]).shown.uncheck()
    visit.page.get_by_label("Group by").select_option("ReLU implementation")
    clamp, where = (f"ReLU implementation {name}" for name in ("clamp", "where"))
    titles = {f"{clamp} (2 of 3 runs)", f"{where} (2 runs)"}
    visit.until(lambda: set(visit.drawn()) == titles, "the curves of both groups")
    looks = visit.page.evaluate(DRAWN_LOOKS)
    for title in titles:
        head = visit.table.locator(".row.group").filter(has_text=title.split(" (")[0])
        assert head.locator(".swatch line").evaluate(LOOK) == looks[title]

    expect(visit.table.locator("[data-run] .swatch line")).to_have_count(0)
    visit.row(names[0]).shown.check()
    visit.until(lambda: f"{clamp} (3 runs)" in visit.drawn(), "the whole group")
    for name in names[::2]:
        visit.row(name).shown.uncheck()
    swatches = visit.table.locator(".row.group .swatch")
    expect(swatches.filter(visible=True)).to_have_count(1)
    visit.page.get_by_label("Group by").select_option("nothing")
    expect(visit.table.locator("[data-run] .swatch line")).to_have_count(5)
