"""One presents, the others follow: they see what is shown, and touch nothing."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.test_sharing import STEERS
from tests.page.visit import Visit, Visiting

SMALL: dict[str, Any] = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2, "iterations": 60}
HERE = "the presenter is here"
NOT_HERE = "the presenter is not here"


def presented(teacher: Visit) -> str:
    """Begin to present; where others follow."""
    teacher.button("Present").click()
    link = teacher.page.get_by_label("Link for followers").input_value()
    teacher.page.keyboard.press("Escape")
    assert re.search(r"\?follow=[a-z0-9]+$", link)
    return link


def following(visiting: Visiting, link: str, **options: Any) -> Visit:
    """A visit of somebody who follows; on their page there is no form to wait for."""
    follower = visiting(link, opens=False, **options)
    follower.page.goto(link)
    return follower


def expect_told(follower: Visit, words: str) -> None:
    expect(follower.page.locator(".following")).to_contain_text(words)


def point_at(visit: Visit, x: float, y: float) -> None:
    """Move the mouse to a place in the chart, in parts of its width and height."""
    box = visit.charts.locator(".nsewdrag").first.bounding_box()
    assert box
    across, down = box["x"] + x * box["width"], box["y"] + y * box["height"]
    visit.page.mouse.move(across, down, steps=4)


@pytest.fixture
def two(api: Api) -> tuple[str, str]:
    for name in ("one", "two"):
        api.start(name, **SMALL)
        api.losses(name)
    return "one", "two"


def test_a_follower_sees_what_is_shown_and_touches_nothing(
    visiting: Visiting, visit: Visit, api: Api, two: tuple[str, str]
) -> None:
    follower = following(visiting, presented(visit))
    expect_told(follower, HERE)
    follower.until(lambda: set(follower.drawn()) == set(two), "both curves")
    expect(follower.page.get_by_role("row").filter(has_text="two")).to_be_visible()
    expect(follower.page.get_by_role("button", name=STEERS)).to_have_count(0)
    expect(follower.form).to_be_hidden()

    visit.button("Side by side").click()
    visit.row("one").shown.uncheck()
    expect(follower.charts.locator("figcaption")).to_have_text(["two"])
    visit.button("Linear").click()
    visit.button("Overlay").click()
    for visited in (visit, follower):
        expect(visited.charts.locator(".scatterlayer .trace")).to_have_count(1)
    follower.until(lambda: follower.axis("yaxis")["type"] == "linear", "the linear axis")

    whole = visit.axis("xaxis")["range"]
    point_at(visit, 0.3, 0.2)
    visit.page.mouse.down()
    point_at(visit, 0.5, 0.8)
    visit.page.mouse.up()
    visit.until(lambda: visit.axis("xaxis")["range"] != whole, "a zoom")
    follower.until(lambda: follower.axis("xaxis") == visit.axis("xaxis"), "the same zoom")
    point_at(visit, 0.4, 0.5)
    point_at(visit, 0.6, 0.5)  # Plotly tells of no hand that lay there before
    expect(follower.page.locator(".pointer")).to_be_visible()
    visit.button("Show all").click()

    api.start("three", **SMALL)
    follower.until(lambda: set(follower.drawn()) == {"two", "three"}, "the new run")
    visit.button("Presenting").click()
    expect(visit.page.get_by_text("1 follows.")).to_be_visible()
    visit.button("Stop presenting").click()
    expect_told(follower, NOT_HERE)
    visit.button("Side by side").click()
    visit.until(lambda: visit.charts.count() == 2, "the presenter's own view")
    assert follower.charts.count() == 1


@pytest.mark.usefixtures("two")
def test_a_reload_goes_on_presenting_and_followers_keep_what_they_see(
    visiting: Visiting, visit: Visit
) -> None:
    link = presented(visit)
    visit.row("one").shown.uncheck()
    follower = following(visiting, link)
    follower.until(lambda: set(follower.drawn()) == {"two"}, "what is shown")
    visit.page.goto("about:blank")
    expect_told(follower, NOT_HERE)
    assert set(follower.drawn()) == {"two"}
    visit.page.go_back()
    expect_told(follower, HERE)
    visit.row("one").shown.check()
    follower.until(lambda: set(follower.drawn()) == {"one", "two"}, "what is shown now")


def test_a_copy_of_the_tab_does_not_present_as_well(visiting: Visiting, visit: Visit) -> None:
    follower = following(visiting, presented(visit))
    expect_told(follower, HERE)
    with visit.context.expect_page() as opened:
        visit.page.evaluate("() => void window.open(location.href)")  # with all that the tab keeps
    copy = opened.value
    expect(copy.locator("#present")).to_have_text("Present")
    copy.close()
    visit.page.reload()
    expect(visit.button("Presenting")).to_be_visible()
    expect_told(follower, HERE)
