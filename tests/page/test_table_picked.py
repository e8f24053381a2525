"""What is done to the runs that are picked, and what is chosen for them is seen on the charts."""

from typing import Any

from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import Visit

SMALL: dict[str, Any] = {"n": 4, "d_in": 4, "hidden": 3, "d_out": 2}

LINES = """() => Object.fromEntries(document.querySelector('.plot').data
  .filter(({ text }) => !text).map(({ name, line }) => [name, [line.color, line.dash]]))"""
"""Colour and dash of each curve, by name."""


def test_picked_runs_are_paused_resumed_and_stopped_and_others_are_not(
    visit: Visit, api: Api
) -> None:
    for name in ("one", "two", "other"):
        api.start(name, iterations=100_000, pace=5, **SMALL)
    rows = [visit.row(name) for name in ("one", "two")]
    for row in rows:
        row.picked.check()
    for verb, state in (("Pause", "paused"), ("Resume", "running"), ("Stop", "stopped")):
        visit.button(verb).click()
        for row in rows:
            expect(row.state).to_have_text(state)
        expect(visit.row("other").state).to_have_text("running")


def test_the_chosen_colour_and_dash_are_those_of_the_curve(visit: Visit, api: Api) -> None:
    for name in ("mine", "other"):
        api.start(name, iterations=30, **SMALL)
        visit.until_complete(name, api.losses(name))
    before = visit.page.evaluate(LINES)
    visit.row("mine").menu("Choose colour")
    palette = visit.page.get_by_role("dialog", name="Colour")
    palette.get_by_role("radio", name="red, dotted").click()
    visit.until(lambda: visit.page.evaluate(LINES)["mine"] != before["mine"], "another look")
    red = visit.page.evaluate(
        "() => getComputedStyle(document.documentElement).getPropertyValue('--curve-6').trim()"
    )
    assert visit.page.evaluate(LINES) == {"mine": [red, "2px,3px"], "other": before["other"]}


def test_what_is_hidden_shown_alone_or_grouped_in_the_table_is_so_on_the_chart(
    visit: Visit, api: Api
) -> None:
    for seed, name in enumerate(("one", "two", "three")):
        relu = "clamp" if seed < 2 else "where"
        api.start(name, iterations=30, seed=seed, relu=relu, **SMALL)
        visit.until_complete(name, api.losses(name))
    visit.row("two").menu("Show only this")
    visit.until(lambda: set(visit.drawn()) == {"two"}, "one alone")
    visit.row("one").shown.check()
    visit.row("three").shown.check()
    visit.until(lambda: set(visit.drawn()) == {"one", "two", "three"}, "all")

    visit.page.get_by_label("Group by").select_option("ReLU implementation")
    visit.until(
        lambda: (
            (drawn := visit.drawn()).keys() >= {"ReLU implementation clamp (2 runs)"}
            and len(drawn) == 2
        ),
        "a mean, and one alone",
    )
    low, high = visit.beside("band")["ReLU implementation clamp (2 runs)"]
    both = [[float(loss) for loss in api.losses(name)] for name in ("one", "two")]
    assert low["y"] == [min(pair) for pair in zip(*both, strict=True)]
    assert high["y"] == [max(pair) for pair in zip(*both, strict=True)]
    visit.page.get_by_label("Group by").select_option("Seed")
    visit.until(lambda: len(visit.drawn()) == 3, "three again")
