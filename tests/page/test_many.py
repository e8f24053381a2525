"""Sixty-four runs at once, watched by one page."""

import json

from playwright.sync_api import Route, expect

from tests.page.api import Api
from tests.page.visit import Visit, Visiting

LOOKS = """() => [
  document.querySelector('.plot').data.map(({ line }) => [line.color, line.dash]),
  [...document.querySelectorAll('.pick line')].reverse().map((line) => [
    getComputedStyle(document.documentElement).getPropertyValue(line.getAttribute('stroke').slice(4, -1)),
    line.getAttribute('stroke-dasharray') || 'solid',
  ]),
]"""
"""Colour and dash of each curve, on the chart and in the table."""

COUNT = 64
ITERATIONS = 100  # few enough that each is drawn


TALL = {"width": 1280, "height": 7000}
"""A window in which all rows are seen: the others are not there."""

DESK = {"width": 1280, "height": 1000}


def test_all_of_many_runs_finish_and_are_drawn_whole(visit: Visit, api: Api) -> None:
    visit.page.set_viewport_size(TALL)
    names = [f"run {index}" for index in range(COUNT)]
    for seed, name in enumerate(names):
        api.start(name, seed=seed, iterations=ITERATIONS, d_in=100, hidden=20)

    states = visit.page.locator(".state")
    expect(states).to_have_count(COUNT)
    visit.until(lambda: set(states.all_inner_texts()) == {"finished"}, "all to be finished")
    visit.until(
        lambda: [len(curve["x"]) for curve in visit.drawn().values()] == [ITERATIONS] * COUNT,
        "all curves to be complete",
    )
    drawn = visit.drawn()
    for name in names:
        assert drawn[name]["x"] == list(range(ITERATIONS))
        assert drawn[name]["y"] == api.losses(name)

    of_chart, of_table = visit.page.evaluate(LOOKS)
    assert of_chart == of_table
    assert len(set(map(tuple, of_chart))) == 48  # eight colours by six dashes

    visit.page.set_viewport_size(DESK)
    visit.button("Side by side").click()
    expect(visit.charts).to_have_count(COUNT)
    expect(visit.page.get_by_role("heading", name="Runs")).to_be_in_viewport()
    visit.until(lambda: len(visit.drawn()) >= 3, "the first charts of the grid")


def test_a_run_that_is_started_when_many_are_shown_already_is_shown_too(
    visit: Visit, api: Api
) -> None:
    for index in range(COUNT):
        api.start(f"run {index}", iterations=1, n=1, d_in=1, hidden=1, d_out=1)
    expect(visit.table).to_have_attribute("aria-rowcount", str(COUNT + 1))
    api.start("one more", iterations=20)
    expect(visit.row("one more").state).to_have_text("finished")
    expect(visit.row("one more").shown).to_be_checked(timeout=5000)
    visit.until_complete("one more", api.losses("one more"))


def test_of_more_runs_than_can_be_watched_the_newest_are_shown_and_it_is_said(
    visiting: Visiting, api: Api
) -> None:
    names = [f"run {index}" for index in range(4)]
    for name in names:
        api.start(name, iterations=5, n=1, d_in=1, hidden=1, d_out=1)
    catalog = api.get("catalog")
    catalog["limits"]["watched_runs"] = 5  # two on the charts, and three beside them

    def fewer(route: Route) -> None:
        route.fulfill(body=json.dumps(catalog), content_type="application/json")

    visit = visiting(api.url, opens=False)
    visit.page.route("**/api/catalog", fewer)
    ids = ".".join(run["id"][:8] for run in api.runs())
    visit.page.goto(f"{api.url}/?runs={ids}")
    visit.until(lambda: set(visit.drawn()) == set(names[2:]), "the newest two")
    expect(visit.page.get_by_role("alert")).to_have_text(
        "At most 2 runs can be on the charts: of the 4 chosen, the newest are."
    )
    expect(visit.row(names[0]).shown).not_to_be_checked()
