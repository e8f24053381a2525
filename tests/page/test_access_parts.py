"""Everyone can use what opens on the page, too: each tab, menu, panel and question; the form, filled
wrong or for several; the page of who follows."""

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.filling import fold, start
from tests.page.test_access import SCREENS, SMALL, assert_usable
from tests.page.test_closeup import Closeup
from tests.page.test_presenting import following, presented
from tests.page.visit import Visit, Visiting

OPEN = ":popover-open, dialog[open]"

TABS = ("Diagnostics", "Settings", "Events", "Environment", "Checks", "Script")

STOPS = """() => [...document.querySelectorAll('button, a[href], input, select, summary')].filter((element) =>
  element.checkVisibility({ visibilityProperty: true }) && !element.disabled
  && !element.closest('[role=tablist], [role=radiogroup]'))"""
"""What a person can press, choose or type into; of tabs and cards, arrow keys reach the others."""


@pytest.fixture
def wild(api: Api) -> str:
    """A run that has diverged, and was tagged; beside it one that trains."""
    run_id = api.start(
        "wild", iterations=40, tags=["a", "b"], **SMALL, update={"rule": "sgd", "lr": 10}
    )
    api.losses("wild")
    api.start("live", iterations=100_000, pace=2, **SMALL)
    return run_id


@pytest.mark.parametrize("screen", SCREENS)
def test_each_tab_of_a_run_close_up_keeps_nobody_out(
    visiting: Visiting, api: Api, wild: str, screen: str
) -> None:
    visit = visiting(api.url, **SCREENS[screen])
    closeup = Closeup(visit).open(wild)
    for tab in TABS:
        closeup.tab(tab).click()
        expect(closeup.tab(tab)).to_have_attribute("aria-selected", "true")
        if tab == "Checks":
            closeup.button("Check it").click()
            expect(closeup.fact("gradcheck")).to_be_visible()
        elif tab == "Script":
            script = closeup.panel.get_by_role("region", name="The script")
            expect(script).to_contain_text("import torch")
        assert_usable(visit.page, tab, "#closeup")
    closeup.button("Fork…").click()
    expect(closeup.element.get_by_role("form", name="Fork")).to_be_visible()
    assert_usable(visit.page, "fork", "#closeup")


@pytest.mark.usefixtures("wild")
@pytest.mark.parametrize("screen", SCREENS)
def test_what_opens_over_the_table_keeps_nobody_out(
    visiting: Visiting, api: Api, screen: str
) -> None:
    visit = visiting(api.url, **SCREENS[screen])
    page = visit.page
    row = visit.row("wild")

    def look(what: str) -> None:
        expect(page.locator(OPEN)).to_be_visible()
        assert_usable(page, what, OPEN)
        page.keyboard.press("Escape")
        expect(page.locator(OPEN)).to_have_count(0)

    row.button("More for").click()
    look("menu of a run")
    row.menu("Choose colour")
    look("palette")
    row.menu("Edit tags")
    look("tags")
    visit.button("Columns").click()
    look("columns")
    visit.button("Delete ended").click()
    look("question")
    row.menu("Rename")
    assert_usable(page, "renaming", "#table")
    page.keyboard.press("Escape")
    page.get_by_label("Group by").select_option("State")
    row.picked.check()
    expect(visit.button("Compare")).to_be_visible()
    assert_usable(page, "groups, and picked runs", "#runs")


@pytest.mark.parametrize("screen", SCREENS)
def test_the_form_keeps_nobody_out_whatever_is_in_it(
    visiting: Visiting, api: Api, screen: str
) -> None:
    visit = visiting(api.url, **SCREENS[screen])
    assert_usable(visit.page, "without any run")
    visit.expect_console("status of 422")
    fold(visit)
    visit.field("Momentum").fill("7")
    visit.field("N").fill("0")
    start(visit)
    expect(visit.form.locator("[aria-invalid]")).to_have_count(2)
    visit.button("several: ReLU implementation").click()
    visit.button("several: Update rule").click()
    visit.relu("mask").check()
    expect(visit.button("Start 2 runs")).to_be_visible()
    assert_usable(visit.page, "several, and what is wrong", "#start")


@pytest.mark.parametrize("screen", SCREENS)
def test_who_follows_can_use_what_is_shown(
    visiting: Visiting, visit: Visit, wild: str, screen: str
) -> None:
    link = presented(visit)
    visit.button("Side by side").click()
    follower = following(visiting, link, **SCREENS[screen])
    expect(follower.charts).to_have_count(2)
    assert_usable(follower.page, "following a grid")
    Closeup(visit).open(wild)
    expect(follower.page.get_by_role("heading", name="wild", exact=True)).to_be_visible()
    assert_usable(follower.page, "following a run close up")


def test_the_tab_key_comes_to_everything_there_is(visit: Visit, wild: str) -> None:
    Closeup(visit).open(wild)
    visit.until(visit.drawn, "a curve")
    page = visit.page
    count = page.evaluate(f"() => ({STOPS})().length")
    assert count > 60
    page.evaluate("() => document.activeElement.blur()")
    for _ in range(3 * count):
        page.keyboard.press("Tab")
        page.evaluate("() => document.activeElement.setAttribute('data-reached', '')")
    missed = page.evaluate(
        f"() => ({STOPS})().filter((e) => !e.hasAttribute('data-reached')).map((e) => e.outerHTML)"
    )
    assert missed == []
