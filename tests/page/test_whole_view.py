"""The address holds all that is seen, and is the same whichever way one came to it."""

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import Visit, Visiting

SMALL = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2}

SAID = (
    "layout=grid&scale=linear&x=seconds&xscale=log&axes=shared&smoothing=0.999&runs={runs}"
    "&filter=relu:clamp&group=relu&sort=-loss&differing=1"
)
"""But for the ids, in the order of the page's own list."""

LONGEST = 250
"""Characters of such an address, which fits into a message."""


@pytest.fixture
def runs(api: Api) -> list[str]:
    ids = [api.start(name, iterations=30, **SMALL) for name in ("one", "two", "three")]
    for name in ("one", "two", "three"):
        api.losses(name)
    return ids


def seen(visit: Visit) -> str:
    found: str = visit.page.evaluate("location.search.slice(1)")
    return found


def set_all(visit: Visit, *, backwards: bool) -> None:
    """Choose each thing by hand, from the first to the last or the other way round."""
    page = visit.page
    toolbar = page.get_by_role("toolbar", name="How losses")
    steps = [
        visit.button("Side by side").click,
        visit.button("Linear").click,
        lambda: toolbar.get_by_role("combobox", name="Along").select_option("Seconds"),
        lambda: toolbar.get_by_role("checkbox", name="Log").check(),
        lambda: toolbar.get_by_role("slider", name="Smoothing").press("End"),
        visit.row("two").shown.uncheck,
        lambda: page.get_by_role("searchbox", name="Filter").fill("relu:clamp"),
        lambda: page.get_by_label("Group by").select_option("ReLU implementation"),
        lambda: page.get_by_role("checkbox", name="Only what differs").check(),
    ]
    for step in reversed(steps) if backwards else steps:
        step()
    if backwards:  # one that comes back comes last
        visit.row("one").shown.uncheck()
        visit.row("one").shown.check()
    visit.button("Shared axes").click()
    head = visit.table.get_by_role("columnheader", name="Loss")
    for order in ("ascending", "descending"):
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", order)


def test_whoever_opens_the_address_sees_all_as_it_was_set(
    visiting: Visiting, api: Api, runs: list[str]
) -> None:
    said = SAID.format(runs=".".join(sorted(run[:8] for run in (runs[0], runs[2]))))
    for backwards in (False, True):
        visit = visiting(api.url)
        set_all(visit, backwards=backwards)
        visit.until(lambda visit=visit: seen(visit) == said, f"{said}, of {seen(visit)}")
    assert len(visit.page.url) < LONGEST

    other = visiting(f"{api.url}/?{said}")
    page = other.page
    for pressed in ("Side by side", "Linear", "Shared axes"):
        expect(other.button(pressed)).to_have_attribute("aria-pressed", "true")
    toolbar = page.get_by_role("toolbar", name="How losses")
    expect(toolbar.get_by_role("combobox", name="Along")).to_have_value("seconds")
    expect(toolbar.get_by_role("checkbox", name="Log")).to_be_checked()
    expect(toolbar.get_by_role("slider", name="Smoothing")).to_have_attribute(
        "aria-valuetext", "0.999"
    )
    expect(page.get_by_role("searchbox", name="Filter")).to_have_value("relu:clamp")
    expect(page.get_by_label("Group by")).to_have_value("relu")
    expect(page.get_by_role("checkbox", name="Only what differs")).to_be_checked()
    expect(other.table.get_by_role("columnheader", name="Loss")).to_have_attribute(
        "aria-sort", "descending"
    )
    for name, is_shown in (("one", True), ("two", False), ("three", True)):
        expect(other.row(name).shown).to_be_checked(checked=is_shown)
    other.until(lambda: other.axis("yaxis")["type"] == "linear", "the chart, linear")
    assert other.axis("xaxis")["type"] == "log"
    page.reload()
    expect(other.button("Shared axes")).to_have_attribute("aria-pressed", "true")
    assert seen(other) == said


def test_a_zoom_by_hand_is_in_the_address(visiting: Visiting, api: Api, runs: list[str]) -> None:
    visit = visiting(f"{api.url}/?runs={runs[0][:8]}")
    visit.until_points("one", 30)
    box = visit.charts.locator(".nsewdrag").first.bounding_box()
    assert box
    mouse, y = visit.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + box["width"] * 0.3, y)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.6, y, steps=4)
    mouse.up()
    visit.until(lambda: "zooms=" in seen(visit), "an address with what is seen of the chart")
    low, high = visit.axis("xaxis")["range"]
    other = visiting(visit.page.url)
    other.until_points("one", 5)
    assert other.axis("xaxis")["range"] == pytest.approx([low, high])
