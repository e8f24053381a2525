"""What a run is called can be read in its row, whatever else the row has to say."""

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.page.api import Api
from tests.page.visit import Visit

SMALL: dict[str, Any] = {"n": 4, "d_in": 4, "hidden": 3, "d_out": 2, "iterations": 60}
LIVE = {**SMALL, "pace": 1}
TUTORIAL: dict[str, Any] = {"pace": 1, "iterations": 60}

CUT = """(names) => names
  .filter((name) => name.scrollWidth > name.clientWidth + 1 || name.scrollHeight > name.clientHeight + 1)
  .map((name) => name.textContent)"""
"""Of these elements those whose text is not all to be seen."""

OVERLAPS = """(row) => {
  const [name, tags] = ['.name', '.tags'].map((part) => row.querySelector(part).getBoundingClientRect());
  const isBeside = name.right <= tags.left || name.bottom <= tags.top || tags.bottom <= name.top;
  return !isBeside;
}"""


def titles(visit: Visit) -> Locator:
    return visit.table.locator("button.name")


def heights(visit: Visit) -> set[float]:
    boxes = [row.bounding_box() for row in visit.table.locator("[data-run]").all()]
    return {box["height"] for box in boxes if box}


def test_titles_are_read_whole_beside_their_tags(visit: Visit, api: Api) -> None:
    for lr in (1e-7, 5e-7, 2.5e-6):
        api.start(None, **TUTORIAL, update={"rule": "sgd", "lr": lr}, tags=["learning rates"])
        api.start(None, **TUTORIAL, relu="where", update={"rule": "sgd", "lr": lr}, tags=["a"])
    api.start(
        "Defining new autograd functions", **TUTORIAL, tags=["learning rates", "of all kinds"]
    )
    expect(titles(visit)).to_have_count(7)
    assert titles(visit).evaluate_all(CUT) == []
    assert len(heights(visit)) == 1


def test_what_ended_runs_have_no_buttons_for_is_left_to_their_titles(
    visit: Visit, api: Api
) -> None:
    api.start("ended", **SMALL)
    live = api.start("live", **LIVE)
    cell = visit.row("ended").element.locator(".cell.run")
    expect(visit.row("live").button("Stop")).to_be_visible()
    before = cell.bounding_box()
    api.ask(live, "stop")
    expect(visit.row("live").button("Stop")).to_be_hidden()
    after = cell.bounding_box()
    assert before
    assert after
    assert after["width"] > before["width"] + 80
    expect(visit.row("live").button("More for")).to_be_in_viewport()


@pytest.mark.parametrize("name", [None, "a name that goes on and on, to where tags are offered"])
def test_a_row_under_the_hand_lays_nothing_over_its_title(
    visit: Visit, api: Api, name: str | None
) -> None:
    api.start(name, **LIVE, relu="where", seed=1234)
    row = visit.table.locator("[data-run]")
    before = row.bounding_box()
    row.hover()
    expect(row.locator(".chip.add")).to_be_visible()
    assert not row.evaluate(OVERLAPS)
    assert row.bounding_box() == before


def test_a_name_of_several_lines_is_told_in_one(visit: Visit, api: Api) -> None:
    api.start("first\nsecond\r\nthird", **SMALL)
    row = visit.row("first second third")
    expect(row.state).to_have_text("finished")
    assert titles(visit).evaluate_all(CUT) == []
    visit.until_points("first second third", 60)
