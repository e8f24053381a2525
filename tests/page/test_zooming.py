"""Nearer and along: what is seen of charts, by hand."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import Visit

SMALL = {"n": 8, "d_in": 10, "hidden": 10, "d_out": 2}

SEEN = (
    """() => [...document.querySelectorAll('.plot')].map((plot) => plot._fullLayout.xaxis.range)"""
)


def seen(visit: Visit) -> list[list[float]]:
    """What each chart shows of the axis across."""
    found: list[list[float]] = visit.page.evaluate(SEEN)
    return found


def drag(visit: Visit, start: float, stop: float) -> None:
    """Draw the mouse along the middle of the first chart, in parts of its width."""
    box = visit.charts.locator(".nsewdrag").first.bounding_box()
    assert box
    mouse, y = visit.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + start * box["width"], y)
    mouse.down()
    mouse.move(box["x"] + stop * box["width"], y, steps=5)
    mouse.up()


def test_charts_are_drawn_along_together(visit: Visit, api: Api) -> None:
    for name in ("one", "two"):
        api.start(name, iterations=200, **SMALL)
        api.losses(name)
    visit.button("Side by side").click()
    visit.until(lambda: [visit.points(name) for name in ("one", "two")] == [200, 200], "both")
    drag(visit, 0.4, 0.6)
    visit.until(lambda: all(high - low < 60 for low, high in seen(visit)), "a part of both")
    (before, _) = seen(visit)

    visit.charts.first.hover()
    visit.charts.first.locator(".modebar-btn[data-val='pan']").click()
    drag(visit, 0.7, 0.2)

    visit.until(lambda: seen(visit)[0][0] > before[0] + 10, "what comes after it")
    visit.until(lambda: seen(visit)[0] == seen(visit)[1], "the same on the other chart")
    low, high = seen(visit)[0]
    assert abs((high - low) - (before[1] - before[0])) < 1  # no nearer, no farther
    for name in ("one", "two"):
        visit.until(
            lambda name=name: covers(visit.drawn()[name]["x"], seen(visit)[0]),
            f"what is seen of {name}",
        )


def covers(places: list[float], part: list[float]) -> bool:
    return bool(places) and places[0] <= part[0] and places[-1] >= part[1]


def test_a_thinned_curve_is_seen_whole_where_one_looks_closer(visit: Visit, api: Api) -> None:
    api.start("long", iterations=6000, **SMALL)
    losses = api.losses("long")
    visit.until(lambda: visit.drawn().get("long", {"x": [0]})["x"][-1] == 5999, "the last")
    thinned = visit.charts.get_by_text("Lowest and highest of every 16 iterations")
    expect(thinned).to_be_visible()

    drag(visit, 0.4, 0.45)

    expect(thinned).to_have_count(0)
    expect(visit.charts.get_by_text("Lowest and highest")).to_have_count(0)
    low, high = seen(visit)[0]
    assert high - low < 600
    curve = visit.drawn()["long"]
    assert all(b - a == 1 for a, b in pairwise(curve["x"]))
    assert curve["x"][0] <= low <= high <= curve["x"][-1]
    assert curve["y"] == [losses[x] for x in curve["x"]]

    visit.button("Show all").click()
    expect(thinned).to_be_visible()
    assert visit.drawn()["long"]["x"][0] == 0


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_keys_come_nearer_and_go_along(visit: Visit, api: Api, scale: str) -> None:
    api.start("mine", iterations=201, **SMALL)
    api.losses("mine")
    visit.page.goto(f"{visit.url}/?xscale={scale}")
    visit.until_points("mine", 201)
    visit.until(lambda: seen(visit)[0][1] > 0, "the axis")
    all_of_it = seen(visit)[0]
    width = all_of_it[1] - all_of_it[0]

    def until_width(share: float) -> None:
        def is_there() -> bool:
            low, high = seen(visit)[0]
            return abs((high - low) - share * width) < 1e-3 * width

        visit.until(is_there, f"{share} of it")

    visit.page.keyboard.press("+")
    until_width(1 / 2)
    visit.page.keyboard.press("+")
    until_width(1 / 4)
    before = seen(visit)[0][0]
    visit.page.keyboard.press(">")
    visit.until(lambda: seen(visit)[0][0] > before + width / 20, "what comes after it")
    visit.page.keyboard.press("<")
    visit.until(lambda: abs(seen(visit)[0][0] - before) < 1e-3 * width, "where it was")
    visit.page.keyboard.press("-")
    until_width(1 / 2)
    visit.page.keyboard.press("-")
    expect(visit.button("Show all")).to_be_hidden()
    visit.until(lambda: seen(visit)[0] == all_of_it, "all of it")
