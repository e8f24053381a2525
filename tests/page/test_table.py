"""What a person does with the table of runs: sort it, filter it, pick, show, name and tag runs."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import Row, Visit, Visiting

SMALL = {"n": 4, "d_in": 4, "hidden": 3, "d_out": 2}
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
ENDLESS = {**SMALL, "iterations": 100_000, "pace": 1}

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def rate(lr: float) -> dict[str, Any]:
    return {"update": {"rule": "sgd", "lr": lr}}


@pytest.fixture
def three(visit: Visit, api: Api) -> tuple[Row, Row, Row]:
    """Runs that have ended, the first of them started first."""
    api.start("first", **SMALL, iterations=3, seed=2, **rate(1e-3), tags=["a tag"])
    api.start("second", **SMALL, iterations=60, **rate(1e3), relu="half_abs")
    api.start("third", **SMALL, iterations=9, seed=1, **rate(1e-5))
    rows = (visit.row("first"), visit.row("second"), visit.row("third"))
    for row, state in zip(rows, ("finished", "diverged", "finished"), strict=True):
        expect(row.state).to_have_text(state)
    return rows


@pytest.mark.usefixtures("three")
def test_a_column_sorts_up_and_down_and_what_is_not_finite_is_worst(visit: Visit) -> None:
    visit.until_names("third", "second", "first")
    loss = visit.table.get_by_role("columnheader", name="Loss")
    numbers = sorted(("first", "third"), key=lambda name: float(visit.row(name).loss.inner_text()))
    for sort, names in (
        ("ascending", (*numbers, "second")),
        ("descending", ("second", *reversed(numbers))),
        ("none", ("third", "second", "first")),
    ):
        loss.get_by_role("button").click()
        expect(loss).to_have_attribute("aria-sort", sort)
        visit.until_names(*names)
    visit.table.get_by_role("columnheader", name="Run").get_by_role("button").click()
    visit.until_names("first", "second", "third")
    visit.until(lambda: "sort=name" in visit.page.url, "an address with the order")
    visit.page.reload()
    visit.until_names("first", "second", "third")


@pytest.mark.usefixtures("three")
def test_the_filter_lets_through_what_holds_and_says_what_makes_no_sense(
    visit: Visit, api: Api
) -> None:
    typed = visit.page.get_by_role("searchbox", name="Filter")
    for text, names in (
        ("relu:clamp", ("third", "first")),
        ("lr<1e-4", ("third",)),
        ("-status:diverged seed!=1", ("first",)),
        ('"a tag"', ("first",)),
        ("loss>=0 third", ("third",)),
        ("nofield:3 third", ("third",)),
    ):
        typed.fill(text)
        visit.until_names(*names)
    expect(visit.page.get_by_text("There is no field nofield")).to_be_visible()
    expect(visit.page.get_by_text("1 of 3 runs")).to_be_visible()

    typed.fill("tag:nothing")
    expect(visit.page.get_by_text("No run passes the filter.")).to_be_visible()
    expect(visit.button("Delete ended")).to_be_disabled()
    visit.button("Clear the filter").click()
    visit.until_names("third", "second", "first")

    typed.fill("status:diverged")
    visit.until_names("second")
    visit.button("Delete ended").click()
    visit.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(visit.page.get_by_text("No run passes the filter.")).to_be_visible()
    assert [run["spec"]["name"] for run in api.runs()] == ["third", "first"]


def test_picked_runs_are_steered_together(visit: Visit, api: Api) -> None:
    names = [f"run {index}" for index in range(4)]
    for name in names:
        api.start(name, **ENDLESS)
    rows = [visit.row(name) for name in names]
    for row in rows:
        expect(row.state).to_have_text("running")
    rows[0].picked.check()
    rows[2].picked.click(modifiers=["Shift"])
    expect(visit.page.get_by_text("3 picked")).to_be_visible()
    expect(visit.button("Pause all")).to_be_hidden()
    visit.button("Pause").click()
    for row in rows[:3]:
        expect(row.state).to_have_text("paused")
    expect(rows[3].state).to_have_text("running")
    expect(visit.button("Compare")).to_be_disabled()

    visit.button("Hide").click()
    expect(rows[0].shown).not_to_be_checked()
    expect(rows[3].shown).to_be_checked()
    visit.button("Show only these").click()
    for row, is_shown in zip(rows, (True, True, True, False), strict=True):
        expect(row.shown).to_be_checked(checked=is_shown)

    rows[2].picked.uncheck()
    visit.button("Compare").click()
    pair = visit.until(lambda: "pair=" in visit.page.url and visit.page.url, "a pair")
    assert all(api.run(name)["id"][:8] in pair for name in names[:2])

    visit.button("Tag").click()
    visit.page.get_by_role("combobox", name="Add a tag").fill("both")
    visit.page.keyboard.press("Enter")
    visit.until(
        lambda: [api.run(n)["spec"]["tags"] for n in names] == [["both"]] * 2 + [[]] * 2,
        "the tag of both",
    )
    visit.page.keyboard.press("Escape")
    expect(visit.button("Tag")).to_be_focused()

    visit.button("Delete").click()
    question = visit.page.get_by_role("dialog", name="Delete 2 runs, with their curves?")
    question.get_by_role("button", name="Cancel").click()
    assert len(api.runs()) == 4
    visit.button("Delete").click()
    question.get_by_role("button", name="Delete 2").click()
    visit.until_names("run 3", "run 2")
    expect(visit.button("Pause all")).to_be_visible()

    rows[3].picked.check()
    visit.button("Clear").click()
    expect(visit.button("Pause all")).to_be_focused()


def test_a_run_is_shown_alone_named_and_tagged_where_it_stands(
    visit: Visit, api: Api, three: tuple[Row, Row, Row]
) -> None:
    first, second, third = three
    first.shown.click(modifiers=["Alt"])
    for row in three:
        expect(row.shown).to_be_checked(checked=row is first)
    third.menu("Show only this")
    expect(third.shown).to_be_checked()
    expect(first.shown).not_to_be_checked()

    name = visit.page.get_by_role("textbox", name="Name of first")
    first.name_button.dblclick()
    expect(name).to_have_value("first")
    name.fill("given up")
    name.press("Escape")
    expect(first.name_button).to_be_focused()
    visit.page.keyboard.press("F2")
    name.fill("<b>שם</b> 🚀")
    name.press("Enter")
    renamed = visit.row("<b>שם</b> 🚀")
    expect(renamed.name_button).to_be_focused()
    assert api.run("<b>שם</b> 🚀")["id"]
    assert "run=" not in visit.page.url

    second.menu("Rename")
    visit.page.get_by_role("textbox", name="Name of second").fill("  ")
    visit.page.keyboard.press("Enter")
    title = visit.table.get_by_role("button", name="half_abs · sgd", exact=False).first
    expect(title).to_be_visible()

    third.element.hover()
    tags = third.element.get_by_role("button", name="Tags of third")
    expect(tags).to_have_attribute("aria-expanded", "false")
    tags.click()
    editor = visit.page.get_by_role("dialog", name="Tags")
    expect(tags).to_have_attribute("aria-expanded", "true")
    expect(tags).to_have_attribute("aria-controls", editor.get_attribute("id") or "")
    for tag in ("one", "two"):
        editor.get_by_role("combobox").fill(tag)
        editor.get_by_role("button", name="Add", exact=True).click()
        expect(editor.locator("bdi", has_text=tag)).to_be_visible()
    editor.get_by_role("button", name="Remove the tag one").click()
    expect(third.element.locator(".chip")).to_have_text(["two"])
    expect(editor.get_by_role("combobox")).to_be_focused()
    assert api.run("third")["spec"]["tags"] == ["two"]
    visit.page.keyboard.press("Escape")
    expect(tags).to_have_attribute("aria-expanded", "false")


def test_a_curve_has_the_colour_that_is_chosen(visit: Visit, api: Api) -> None:
    api.start("mine", **SMALL, iterations=30)
    row = visit.row("mine")
    expect(row.state).to_have_text("finished")
    row.menu("Choose colour")
    palette = visit.page.get_by_role("dialog", name="Colour")
    expect(palette.get_by_role("radio", name="blue, solid", exact=True)).to_be_focused()
    palette.get_by_role("radio", name="red, dotted").click()
    expect(palette).to_be_hidden()
    expect(row.element.locator(".pick line")).to_have_attribute("stroke", "var(--curve-6)")
    expect(row.element.locator(".pick line")).to_have_attribute("stroke-dasharray", "2px,3px")
    visit.until(lambda: "colours=" in visit.page.url, "an address with the colour")

    row.menu("Choose colour")
    more = row.button("More for")
    expect(more).to_have_attribute("aria-expanded", "false")  # that is its menu
    for key, name in (
        ("ArrowRight", "grey, dotted"),
        ("ArrowDown", "grey, dashes and dots"),
        ("ArrowLeft", "red, dashes and dots"),
        ("Shift+Tab", None),
        ("Tab", "red, dashes and dots"),
    ):
        visit.page.keyboard.press(key)
        chosen = palette.get_by_role("radio", checked=True)
        if name:
            expect(chosen).to_have_accessible_name(name)
            expect(chosen).to_be_focused()
    expect(row.element.locator(".pick line")).to_have_attribute(
        "stroke-dasharray", "8px,3px,2px,3px"
    )
    visit.page.keyboard.press("Tab")
    expect(palette.get_by_role("button", name="Its own colour")).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(palette).to_be_hidden()
    expect(row.element.locator(".pick line")).to_have_attribute("stroke", "var(--curve-0)")
    visit.until(lambda: "colours=" not in visit.page.url, "an address without it")


def test_what_a_run_was_asked_to_do_fills_the_form(visit: Visit, api: Api) -> None:
    api.start("mine", **SMALL, iterations=30, seed=7, relu="half_abs", **rate(3e-4))
    expect(visit.row("mine").state).to_have_text("finished")
    visit.row("mine").menu("Start again with changes")
    for label, value in (("Seed", "7"), ("Learning rate", "3e-4"), ("Iterations", "30")):
        expect(visit.field(label)).to_have_value(value)
    visit.row("mine").menu("Replay")
    visit.until(lambda: len(api.runs()) == 2, "a second run")


def test_the_keyboard_goes_through_the_rows(visit: Visit, api: Api) -> None:
    for index in range(60):
        api.start(f"run {index}", **SMALL, iterations=1)
    expect(visit.table).to_have_attribute("aria-rowcount", "61")
    assert len(visit.names()) < 40
    keyboard = visit.page.keyboard
    top = visit.row("run 59")
    top.element.focus()
    keyboard.press("ArrowDown")
    expect(visit.row("run 58").element).to_be_focused()
    keyboard.press("Space")
    expect(visit.row("run 58").picked).to_be_checked()
    keyboard.press("End")
    last = visit.row("run 0").element
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()
    expect(last).to_have_attribute("aria-rowindex", "61")
    visit.table.evaluate("table => table.scrollTo(0, 0)")
    expect(top.element).to_be_visible()
    expect(last).to_be_focused()
    keyboard.press("ArrowUp")
    expect(visit.row("run 1").element).to_be_in_viewport()
    keyboard.press("Home")
    expect(top.element).to_be_focused()
    keyboard.press("Enter")
    run_id = api.run("run 59")["id"]
    visit.until(lambda: f"run={run_id[:8]}" in visit.page.url, "the run close up")
    top.button("Delete").focus()
    keyboard.press("ArrowDown")
    expect(visit.row("run 58").button("Delete")).to_be_focused()


def test_columns_are_chosen_and_scroll_within_the_table(visiting: Visiting, api: Api) -> None:
    visit = visiting(api.url)
    api.start("one", **SMALL, iterations=5, **rate(1e-3))
    api.start("two", **SMALL, iterations=5, seed=3, **rate(1e-3))
    expect(visit.row("two").state).to_have_text("finished")
    visit.button("Columns").click()
    panel = visit.page.get_by_role("dialog", name="Columns")
    for title in ("Speed", "Progress"):
        panel.get_by_role("checkbox", name=title, exact=True).uncheck()
    for title in ("Smallest loss", "Created", "Seed", "Learning rate", "Id", "Momentum", "Device"):
        panel.get_by_role("checkbox", name=title, exact=True).check()
    visit.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(visit.button("Columns")).to_be_focused()
    heads = visit.table.get_by_role("columnheader")
    expect(heads).to_contain_text(
        ["", "Run", "State", "Loss", "Smallest loss", "Created", "Seed", "Learning rate", "Id"]
    )
    seed = visit.row("two").element.locator(".seed")
    expect(seed).to_have_text("3")
    loss = visit.row("two").loss.locator(".content")
    assert loss.get_attribute("title") == str(api.run("two")["loss"])

    assert visit.page.evaluate(OVERFLOW) == 0
    assert visit.table.evaluate("table => table.scrollWidth > table.clientWidth")
    visit.table.evaluate("table => table.scrollTo(10000, 0)")
    expect(visit.row("two").name_button).to_be_in_viewport(ratio=1)

    visit.page.get_by_role("checkbox", name="Only what differs").check()
    expect(visit.table.get_by_role("columnheader", name="Learning rate")).to_have_count(0)
    expect(seed).to_have_text("3")
    expect(visit.row("two").element.locator(".choices")).to_have_text("seed 3")
    visit.button("Columns").click()
    panel.get_by_role("button", name="The usual").click()
    expect(visit.table.get_by_role("columnheader", name="Speed")).to_be_visible()


def test_on_a_small_phone_the_table_is_cards(visiting: Visiting, api: Api) -> None:
    visit = visiting(f"{api.url}/?columns=status,progress,loss,rate,seed,lr,created_at", **PHONE)
    api.start("wordwithoutanyspace" * 10, **SMALL, iterations=60, **rate(1e3))
    api.start("mine", **ENDLESS, tags=["x" * 50, "another"])
    row = visit.row("mine")
    expect(row.state).to_have_text("running")
    row.element.scroll_into_view_if_needed()
    assert visit.page.evaluate(OVERFLOW) == 0
    box = row.element.bounding_box()
    assert box
    for part in (row.picked, row.pin, row.button("More for"), row.element.locator(".created_at")):
        inner = part.bounding_box()
        assert inner
        assert (
            box["y"] <= inner["y"] <= inner["y"] + inner["height"] <= box["y"] + box["height"] + 1
        )
    visit.page.get_by_label("Sort by").select_option("Loss, largest first")
    visit.until(lambda: visit.names()[1] == "mine", "the one that has diverged first")


def test_a_page_that_only_looks_offers_nothing_that_changes_a_run(visit: Visit, api: Api) -> None:
    api.start("mine", **ENDLESS, tags=["a tag"])
    expect(visit.row("mine").state).to_have_text("running")
    visit.page.goto(f"{visit.url}/?embed=1")
    visit.until(lambda: visit.points("mine"), "the curve")
    for button in ("Pause", "Step", "Stop", "Delete", "Pin", "More for"):
        expect(visit.button(f"{button} mine")).to_be_hidden()
    for button in ("Pause all", "Stop all", "Delete ended"):
        expect(visit.button(button)).to_be_hidden()
    expect(visit.page.get_by_label("Step by")).to_be_hidden()
