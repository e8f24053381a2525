"""What keys do, and when they do nothing."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import Visit

SMALL: dict[str, Any] = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2}


@pytest.fixture
def shown(visit: Visit) -> Visit:
    visit.page.locator("body").click(position={"x": 2, "y": 2})
    return visit


def query(visit: Visit) -> str:
    found: str = visit.page.evaluate("location.search")
    return found


def test_keys_change_what_is_seen_unless_somebody_types(shown: Visit) -> None:
    keyboard = shown.page.keyboard
    for key, said in (
        ("g", "layout=grid"),
        ("l", "layout=grid&scale=linear"),
        ("x", "layout=grid&scale=linear&x=seconds"),
        ("o", "scale=linear&x=seconds"),
        ("l", "x=seconds"),
        ("s", "x=seconds&smoothing=0.6"),
    ):
        keyboard.press(key)
        shown.until(lambda said=said: query(shown) == f"?{said}", f"{key}: {said}")

    keyboard.press("Control+g")
    keyboard.press("n")
    name = shown.field("Name")
    name.press_sequentially("log")
    expect(name).to_have_value("log")
    shown.field("Update rule").press("g")
    keyboard.press("Escape")
    shown.page.wait_for_timeout(500)  # longer than the address rests
    assert query(shown) == "?x=seconds&smoothing=0.6"


def test_the_sheet_tells_of_every_key_and_turns_them_off(shown: Visit) -> None:
    keyboard = shown.page.keyboard
    keyboard.press("?")
    sheet = shown.page.get_by_role("dialog", name="Keyboard shortcuts")
    keys = sheet.locator("kbd").all_text_contents()
    assert {"o", "g", "d", "l", "x", "s", "a", "/", "n", "Space", ".", "[", "]", "e", "?"} <= set(
        keys
    )
    assert [key for key in keys if keys.count(key) > 1] in ([], ["Space"] * 2)  # picks a row
    keyboard.press("g")  # under a dialog, nothing moves
    assert "selected" not in sheet.inner_text()
    sheet.get_by_label("Keys act by themselves, without Ctrl").uncheck()
    sheet.get_by_role("button", name="Close").click()
    expect(sheet).to_be_hidden()
    keyboard.press("g")
    shown.button("Keyboard shortcuts").click()
    sheet.get_by_label("Keys act by themselves, without Ctrl").check()
    keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(shown.button("Overlay")).to_have_attribute("aria-pressed", "true")
    keyboard.press("g")
    expect(shown.button("Side by side")).to_have_attribute("aria-pressed", "true")
    keyboard.press("e")
    expect(shown.page.get_by_role("menuitem").first).to_be_focused()
    keyboard.press("o")  # belongs to the menu
    keyboard.press("Escape")
    expect(shown.button("Side by side")).to_have_attribute("aria-pressed", "true")


def test_a_run_close_up_is_steered_by_keys(shown: Visit, api: Api) -> None:
    for name in ("first", "second"):
        api.start(name, iterations=100_000, pace=20, **SMALL)
        shown.until_points(name, 2)
    keyboard = shown.page.keyboard
    ids = {name: api.run(name)["id"][:8] for name in ("first", "second")}
    for key, name in (("]", "second"), ("]", "first"), ("]", "first"), ("[", "second")):
        keyboard.press(key)
        shown.until(lambda name=name: f"run={ids[name]}" in query(shown), f"{name} close up")
    keyboard.press("Space")
    expect(shown.row("second").state).to_have_text("paused")
    expect(shown.row("first").state).to_have_text("running")
    at = shown.row("second").iteration()
    keyboard.press(".")
    shown.until(lambda: shown.row("second").iteration() == at + 1, "one iteration more")
    expect(shown.row("second").state).to_have_text("paused")
    keyboard.press("Space")
    expect(shown.row("second").state).to_have_text("running")
    keyboard.press("Escape")
    shown.until(lambda: "run=" not in query(shown), "nothing close up")

    shown.row("first").shown.focus()
    keyboard.press(".")
    expect(shown.row("first").state).to_have_text("paused")
    expect(shown.row("second").state).to_have_text("running")


def test_keys_go_to_the_filter_the_difference_all_of_a_chart_and_what_is_presented(
    shown: Visit, api: Api
) -> None:
    for name in ("one", "two"):
        api.start(name, iterations=100_000, pace=20, **SMALL)
        shown.until_points(name, 2)
    ids = {name: api.run(name)["id"][:8] for name in ("one", "two")}
    keyboard = shown.page.keyboard
    keyboard.press("d")
    shown.until(lambda: f"pair={ids['one']}.{ids['two']}" in query(shown), "both as the pair")
    expect(shown.button("Difference")).to_have_attribute("aria-pressed", "true")
    keyboard.press("o")

    keyboard.press("/")
    typed = shown.page.get_by_role("searchbox", name="Filter")
    expect(typed).to_be_focused()
    keyboard.type("two")
    shown.until_names("two")
    typed.fill("")
    shown.row("one").shown.focus()
    keyboard.press("k")
    expect(shown.row("one").state).to_have_text("paused")
    keyboard.press("k")
    expect(shown.row("one").state).to_have_text("running")

    shown.page.goto(f"{api.url}/?zooms=all,0~1,")
    expect(shown.button("Show all")).to_be_visible()
    keyboard.press("a")
    expect(shown.button("Show all")).to_be_hidden()
    keyboard.press("p")
    expect(shown.page.get_by_label("Link for followers")).to_be_visible()


def test_light_and_dark_are_as_the_system_has_them_or_as_chosen(shown: Visit, api: Api) -> None:
    page = shown.page
    api.start("mine", iterations=20, **SMALL)
    shown.until_points("mine", 20)
    paper = "() => getComputedStyle(document.body).backgroundColor"
    drawn = "() => document.querySelector('.plot')._fullLayout.paper_bgcolor"
    light = page.evaluate(paper), page.evaluate(drawn)
    colours = page.get_by_label("Colours")
    colours.select_option("Dark")
    dark = (
        page.evaluate(paper),
        shown.until(lambda: (now := page.evaluate(drawn)) != light[1] and now, "a dark chart"),
    )
    assert dark[0] != light[0]
    page.reload()
    assert page.evaluate(paper) == dark[0]
    expect(colours).to_have_value("dark")
    page.emulate_media(color_scheme="dark")
    colours.select_option("Light")
    assert page.evaluate(paper) == light[0]
    colours.select_option("System")
    assert page.evaluate(paper) == dark[0]
    assert re.fullmatch(r"rgb\(.*\)", light[0])


def test_escape_leaves_the_filter(shown: Visit, api: Api) -> None:
    api.start("mine", iterations=5, **SMALL)
    expect(shown.row("mine").element).to_be_visible()
    keyboard = shown.page.keyboard
    keyboard.press("/")
    field = shown.page.get_by_role("searchbox", name="Filter")
    expect(field).to_be_focused()
    keyboard.type("mine")
    keyboard.press("Escape")
    expect(field).to_have_value("")
    keyboard.press("Escape")
    expect(shown.row("mine").element).to_be_focused()
    keyboard.press("/")
    keyboard.type("nothing like it")
    expect(shown.page.get_by_text("No run passes the filter.")).to_be_visible()
    keyboard.press("Escape")
    keyboard.press("Escape")
    expect(field).not_to_be_focused()


def test_a_key_for_what_the_charts_cover_ends_their_filling_the_screen(shown: Visit) -> None:
    keyboard = shown.page.keyboard
    fills = "() => document.fullscreenElement?.id ?? null"
    field = shown.page.get_by_role("searchbox", name="Filter")
    for key, found in (("/", field), ("n", shown.button("Start Tensors and autograd"))):
        keyboard.press("f")
        shown.until(lambda: shown.page.evaluate(fills) == "seen", "charts that fill the screen")
        keyboard.press("l")
        assert shown.page.evaluate(fills) == "seen"
        keyboard.press(key)
        expect(found).to_be_focused()
        assert shown.page.evaluate(fills) is None
        shown.page.locator("body").click(position={"x": 2, "y": 2})
