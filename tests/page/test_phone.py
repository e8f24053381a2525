"""What one does on a small screen, where all is one column: to start, to steer, and to go back."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.test_access import assert_usable
from tests.page.test_closeup import Closeup
from tests.page.test_start_sets import panel
from tests.page.visit import AUTOGRAD, Visit, Visiting

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "is_mobile": True,
    "has_touch": True,
}

SETTLED = """() => new Promise((resolve) => {
  let before = scrollY;
  const look = () => {
    if (scrollY === before) return resolve(scrollY);
    before = scrollY;
    setTimeout(look, 100);
  };
  setTimeout(look, 100);
})"""
"""Once the page scrolls no more."""


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_start_shows_the_chart(visiting: Visiting, api: Api, motion: str) -> None:
    visit = visiting(api.url, **PHONE, reduced_motion=motion)
    expect(visit.charts).not_to_be_in_viewport()
    visit.button(f"Start {AUTOGRAD}").tap()
    expect(visit.charts).to_be_in_viewport(ratio=0.9)
    visit.until_grown(AUTOGRAD)


def test_a_start_moves_no_page_whose_chart_is_seen(visit: Visit) -> None:
    expect(visit.charts).to_be_in_viewport()
    visit.start(AUTOGRAD)
    assert visit.page.evaluate(SETTLED) == 0


def test_what_a_hand_does_to_a_run_is_seen_on_its_curve(visiting: Visiting, api: Api) -> None:
    run_id = api.start("mine", iterations=5000, pace=50)
    visit = visiting(api.url, **PHONE)
    closeup = Closeup(visit).open(run_id)
    visit.until_grown("mine")
    expect(panel(visit)).to_be_hidden()
    expect(visit.button("New run")).to_be_visible()

    less = closeup.button("Learning rate ÷ 10")
    less.evaluate("button => button.scrollIntoView({ block: 'end' })")
    expect(visit.charts).to_be_in_viewport(ratio=1)
    less.tap()
    visit.until(lambda: visit.changes().get("mine"), "the change on the curve")
    expect(less).to_be_in_viewport(ratio=1)
    plot = visit.charts.locator(".plot").bounding_box()
    assert plot
    assert plot["height"] < 200
    expect(visit.button("Overlay")).to_be_hidden()
    closeup.tab("Script").tap()
    closeup.panel.scroll_into_view_if_needed()
    expect(closeup.title).not_to_be_in_viewport()
    assert_usable(visit.page, "charts", "#seen")
    assert_usable(visit.page, "a run close up", "#closeup")

    # What has the focus is not below the chart.
    closeup.tab("Script").focus()
    for _ in range(25):
        visit.page.keyboard.press("Shift+Tab")
        assert visit.page.evaluate(IN_SIGHT)


IN_SIGHT = """() => {
  const { top } = document.activeElement.getBoundingClientRect();
  return document.activeElement.closest('#seen, header') ||
    top >= document.querySelector('#seen').getBoundingClientRect().bottom - 1;
}"""


def test_charts_side_by_side_stay_where_they_are(visiting: Visiting, api: Api) -> None:
    run_id = api.start("mine", iterations=50)
    visit = visiting(api.url, **PHONE)
    visit.page.goto(f"{visit.url}/?run={run_id[:8]}&layout=grid")
    closeup = Closeup(visit)
    expect(closeup.title).to_have_text("mine")
    losses = visit.page.get_by_role("heading", name="Losses", exact=True)
    above, below = closeup.title.bounding_box(), losses.bounding_box()
    assert above
    assert below
    assert above["y"] < below["y"]
    expect(visit.button("Overlay")).to_be_visible()


def test_who_closes_a_run_is_back_at_its_row(visiting: Visiting, api: Api) -> None:
    for i in range(40):
        api.start(f"run {i}", iterations=1, n=2, d_in=2, hidden=2, d_out=2)
    visit = visiting(api.url, **PHONE)
    expect(visit.row("run 39").element).to_be_visible()
    visit.page.locator(".sheet").evaluate("sheet => sheet.scrollTo(0, 1e6)")
    visit.row("run 3").name_button.tap()
    closeup = Closeup(visit)
    expect(closeup.title).to_have_text("run 3")
    expect(closeup.title).to_be_in_viewport(ratio=1)
    visit.page.locator(".sheet").evaluate("sheet => sheet.scrollTo(0, 0)")
    expect(visit.row("run 3").element).to_have_count(0)

    closeup.button("Close").tap()

    row = visit.row("run 3").element
    expect(row).to_be_in_viewport(ratio=1)
    expect(row).to_be_focused()
