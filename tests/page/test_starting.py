"""From a panel that has given way to a start that is told."""

import pytest
from playwright.sync_api import Route, expect

from tests.page.api import Api
from tests.page.test_closeup import Closeup
from tests.page.test_start_sets import panel
from tests.page.visit import AUTOGRAD, Visit, Visiting

ROOM_FOR_BOTH = {"viewport": {"width": 1900, "height": 900}}


@pytest.mark.parametrize("way", ["button", "key"])
def test_the_panel_comes_back_in_place_of_a_run_close_up(visit: Visit, api: Api, way: str) -> None:
    closeup = Closeup(visit).open(api.start("mine", iterations=5000, pace=50))
    expect(panel(visit)).to_be_hidden()
    expect(visit.button("New run")).to_be_visible()

    if way == "button":
        visit.button("New run").click()
    else:
        visit.page.keyboard.press("n")

    expect(panel(visit)).to_be_visible()
    expect(closeup.element).to_be_hidden()
    expect(visit.button(f"Start {AUTOGRAD}")).to_be_focused()
    expect(visit.button("New run")).to_be_hidden()


def before_the_catalog(visiting: Visiting, api: Api) -> tuple[Visit, Route]:
    """Somebody wants to start a run before it is known what can be; and what lets that be known."""
    visit, held = visiting(api.url, opens=False), list[Route]()
    visit.page.route("**/api/catalog", lambda route: held.append(route))  # noqa: PLW0108 - it cannot take a method
    Closeup(visit).open(api.start("mine", iterations=5000, pace=50))
    visit.page.keyboard.press("n")
    expect(visit.button("Fold away")).to_be_focused()
    return visit, held[0]


def test_who_is_there_before_the_catalog_gets_to_the_first_button_with_it(
    visiting: Visiting, api: Api
) -> None:
    visit, catalog = before_the_catalog(visiting, api)
    catalog.continue_()
    expect(visit.button(f"Start {AUTOGRAD}")).to_be_focused()


def test_the_catalog_takes_nobody_from_where_they_have_gone(visiting: Visiting, api: Api) -> None:
    visit, catalog = before_the_catalog(visiting, api)
    visit.button("Share").focus()
    catalog.continue_()
    expect(visit.button(f"Start {AUTOGRAD}")).to_be_visible()
    expect(visit.button("Share")).to_be_focused()
    visit.button("Fold away").focus()
    api.start("another", iterations=1)
    expect(visit.row("another").element).to_be_visible()  # so all has been drawn anew
    expect(visit.button("Fold away")).to_be_focused()


def test_with_room_for_both_a_run_stays_close_up(visiting: Visiting, api: Api) -> None:
    visit = visiting(api.url, **ROOM_FOR_BOTH)
    closeup = Closeup(visit).open(api.start("mine", iterations=5000, pace=50))
    expect(panel(visit)).to_be_visible()
    expect(visit.button("New run")).to_be_hidden()
    visit.button("Fold away").click()
    visit.page.keyboard.press("n")
    expect(visit.button(f"Start {AUTOGRAD}")).to_be_focused()
    expect(closeup.title).to_have_text("mine")

    visit.page.set_viewport_size({"width": 1280, "height": 900})
    expect(panel(visit)).to_be_hidden()
    expect(visit.button("New run")).to_be_visible()


def test_what_was_started_is_told(visit: Visit) -> None:
    toast = visit.page.locator("#toast")
    visit.start(AUTOGRAD)
    expect(toast).to_have_text("Started 1 run")
    visit.field("Iterations").fill("5")
    visit.field("Seed").fill("0..2")
    visit.button("Start 3 runs").click()
    expect(toast).to_have_text("Started 3 runs")
