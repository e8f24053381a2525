"""The charts take the room that there is: beside a run close up, and on the whole screen."""

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import Visit, Visiting

GAP = """() => [...document.querySelectorAll('.plot')].map((plot) => {
  const drawn = plot.querySelector('.main-svg');
  return drawn ? Math.abs(drawn.getBoundingClientRect().width - plot.clientWidth)
    + Math.abs(drawn.getBoundingClientRect().height - plot.clientHeight) : 0;
}).reduce((a, b) => Math.max(a, b), 0) < 2"""
"""Whether every drawing is as large as its place, to the pixel."""


def until_fitting(visit: Visit, what: str) -> None:
    visit.until(lambda: visit.page.evaluate(GAP), what)


@pytest.mark.parametrize("iterations", [100, 1_000_000], ids=["ended", "running"])
def test_a_chart_is_as_wide_as_its_card_when_a_run_is_close_up_and_when_not(
    visit: Visit, api: Api, iterations: int
) -> None:
    api.start("mine", iterations=iterations, pace=50)
    visit.until_points("mine", 5)
    until_fitting(visit, "a chart that fits")
    wide = visit.charts.locator(".main-svg").first.bounding_box()

    visit.row("mine").name_button.click()
    expect(visit.page.locator("#closeup")).to_be_visible()
    until_fitting(visit, "a chart beside the run close up")
    narrow = visit.charts.locator(".main-svg").first.bounding_box()
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("#closeup")).to_be_hidden()
    until_fitting(visit, "a chart with all the room again")

    assert wide
    assert narrow
    assert wide["width"] != narrow["width"]


def test_a_window_made_smaller_has_charts_that_fit(visit: Visit, api: Api) -> None:
    for name in ("one", "two", "three"):
        api.start(name, iterations=50)
    visit.button("Side by side").click()
    visit.until(lambda: len(visit.drawn()) == 3, "three charts")
    for width, height in ((900, 700), (420, 800), (1600, 1000)):
        visit.page.set_viewport_size({"width": width, "height": height})
        until_fitting(visit, f"charts that fit {width}")


def test_the_charts_fill_the_screen_and_say_which_curve_is_which(visit: Visit, api: Api) -> None:
    for name in ("one", "two"):
        api.start(name, iterations=50)
    visit.until(lambda: len(visit.drawn()) == 2, "two curves")
    legend = visit.page.get_by_role("list", name="Runs")
    expect(legend).to_be_hidden()
    before = visit.charts.locator(".plot").bounding_box()

    visit.button("Fill the screen").click()

    expect(visit.button("Fill the screen")).to_have_attribute("aria-pressed", "true")
    expect(legend.get_by_role("listitem")).to_have_text(["one", "two"])
    until_fitting(visit, "a chart on the whole screen")
    after = visit.charts.locator(".plot").bounding_box()
    screen = visit.page.viewport_size
    assert before
    assert after
    assert screen
    assert after["height"] > 0.7 * screen["height"] > before["height"]
    assert visit.page.evaluate("() => document.querySelector('#seen').scrollHeight <= innerHeight")

    visit.button("Side by side").click()
    expect(visit.charts).to_have_count(2)
    until_fitting(visit, "two charts on the whole screen")
    assert visit.page.evaluate("() => document.querySelector('#seen').scrollHeight <= innerHeight")

    visit.page.keyboard.press("f")
    expect(visit.button("Fill the screen")).to_have_attribute("aria-pressed", "false")
    until_fitting(visit, "charts beside the rest again")


def test_who_follows_may_fill_the_screen_as_well(visiting: Visiting, api: Api) -> None:
    api.start("mine", iterations=50)
    visit = visiting(f"{api.url}/?follow=somebody", opens=False)
    visit.page.goto(visit.url)
    visit.button("Fill the screen").click()
    expect(visit.button("Fill the screen")).to_have_attribute("aria-pressed", "true")
