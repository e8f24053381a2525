"""Sets of runs, started by a click each; and the panel that they are on."""

import re
from typing import Any

from playwright.sync_api import Locator, expect

from tests.page.api import Api
from tests.page.visit import AUTOGRAD, CUSTOM_FUNCTION, Visit, Visiting

RELUS = "Every ReLU, same start"
RULES = "Every rule, same start"
LADDER = "A ladder of learning rates"


def until_started(visit: Visit, api: Api, runs: int) -> list[dict[str, Any]]:
    """So many runs, oldest first."""
    visit.until(lambda: len(api.runs()) == runs, f"{runs} runs")
    return [run["spec"] for run in reversed(api.runs())]


def panel(visit: Visit) -> Locator:
    return visit.page.get_by_role("complementary", name="Start runs")


def test_each_set_starts_a_run_for_each_of_its_choices(
    visit: Visit, api: Api, catalog: dict[str, Any]
) -> None:
    headings = panel(visit).get_by_role("heading", level=3)
    expect(headings).to_have_text([AUTOGRAD, CUSTOM_FUNCTION, RELUS, RULES, LADDER])
    relus = [relu["name"] for relu in catalog["relus"]]
    visit.field("Pace").fill("20")
    visit.button(f"Start {len(relus)} runs: {RELUS}").click()
    started = until_started(visit, api, len(relus))
    assert [spec["relu"] for spec in started] == relus
    assert {(spec["name"], spec["seed"], spec["pace"]) for spec in started} == {(None, 0, 20)}
    assert all(spec["tags"] == ["every ReLU"] for spec in started)
    expect(visit.page.locator(".state")).to_have_count(len(relus))
    expect(visit.row("mask · sgd · lr 1e-6").element).to_be_visible()
    api.delete_all()

    rules = catalog["rules"]
    visit.button(f"Start {len(rules)} runs: {RULES}").click()
    started = until_started(visit, api, len(rules))
    assert [spec["update"]["rule"] for spec in started] == [rule["name"] for rule in rules]
    for spec, rule in zip(started, rules, strict=True):
        defaults = {name: p["default"] for name, p in rule["schema"]["properties"].items()}
        assert spec["update"] == defaults


def test_the_ladder_goes_up_to_rates_that_diverge(visit: Visit, api: Api) -> None:
    visit.form.get_by_label("Full speed").check()
    ladder = visit.page.get_by_role("button", name=re.compile(rf"^Start \d+ runs: {LADDER}$"))
    runs = int(ladder.inner_text().split()[1])
    ladder.click()
    rates = [spec["update"]["lr"] for spec in until_started(visit, api, runs)]
    assert rates == sorted(set(rates))
    states = visit.page.locator(".state")
    visit.until(
        lambda: set(states.all_inner_texts()) == {"finished", "diverged"}, "all to have ended"
    )
    ended = [run["status"] for run in reversed(api.runs())]
    assert ended == sorted(ended, reverse=True)  # the slower ones finish, the faster ones diverge
    expect(visit.page.get_by_text("Not finite, marked by a cross")).to_be_visible()


def test_a_set_fills_the_form_to_go_on_from(
    visit: Visit, api: Api, catalog: dict[str, Any]
) -> None:
    preset = next(preset for preset in catalog["presets"] if preset["title"] == LADDER)
    rates = preset["grid"]["update.lr"]
    visit.button(f"Fill the form with {LADDER}").click()
    expect(visit.field("Learning rate")).to_have_value(re.compile(r"^1e-7, 2e-7, .*, 1e-5$"))
    expect(visit.field("Tags")).to_have_value("learning rates")
    expect(visit.form.get_by_role("button", name=f"Start {len(rates)} runs")).to_be_visible()

    visit.button(f"Fill the form with {RULES}").click()
    expect(visit.field("Learning rate")).to_have_value("")
    expect(visit.field("Learning rate")).to_have_attribute("placeholder", "each rule's own")
    for box in visit.form.get_by_label("Update rule", exact=True).get_by_role("checkbox").all():
        expect(box).to_be_checked()

    visit.button(f"Fill the form with {RELUS}").click()
    expect(visit.form.get_by_role("combobox", name="Update rule")).to_have_value("sgd")
    visit.relu("my_relu").uncheck()
    visit.field("Learning rate").fill("3e-7")
    visit.form.get_by_role("button", name="Start 8 runs").click()
    started = until_started(visit, api, 8)
    assert "my_relu" not in [spec["relu"] for spec in started]
    assert {(spec["update"]["lr"], spec["pace"]) for spec in started} == {(3e-7, 50)}

    visit.button(f"Fill the form with {AUTOGRAD}").click()
    expect(visit.form.get_by_role("button", name="Start", exact=True)).to_be_visible()
    expect(visit.relu("clamp")).to_be_checked()
    expect(visit.field("Tags")).to_have_value("")


def test_the_panel_is_folded_away_and_comes_back(visit: Visit) -> None:
    stage = visit.page.get_by_role("region", name="Losses")
    narrow = stage.bounding_box()
    visit.button("Fold away").click()
    expect(panel(visit)).to_be_hidden()
    expect(visit.button("New run")).to_be_focused()
    wide = stage.bounding_box()
    assert narrow
    assert wide
    assert wide["width"] > narrow["width"] + 250
    expect(visit.page).to_have_url(re.compile(r"start=0"))

    visit.page.reload()
    expect(panel(visit)).to_be_hidden()
    visit.button("New run").press("Enter")
    expect(panel(visit)).to_be_visible()
    expect(visit.button(f"Start {AUTOGRAD}")).to_be_focused()
    expect(visit.button("New run")).to_be_hidden()
    expect(visit.button(f"Start {AUTOGRAD}")).to_be_visible()


def test_a_run_is_started_again_with_changes(visit: Visit, api: Api) -> None:
    spec = {
        "tags": ["kept"],
        "relu": "half_abs",
        "update": {"rule": "sgd", "lr": 2e-6, "momentum": 0.5},
        "n": 8,
        "seed": 4,
        "dtype": "float64",
        "pace": 7.5,
    }
    api.start("first", iterations=3, **spec)
    visit.button("Fold away").click()
    again = "spec => document.dispatchEvent(new CustomEvent('again', { detail: { spec } }))"
    first = api.run("first")["spec"]
    visit.page.evaluate(again, first)

    expect(panel(visit)).to_be_visible()
    expect(visit.relu("half_abs")).to_be_focused()
    visit.field("Learning rate").fill("3e-6")
    visit.form.get_by_role("button", name="Start", exact=True).click()
    (_, second) = until_started(visit, api, 2)
    assert second == {**first, "name": None, "update": {**first["update"], "lr": 3e-6}}

    visit.page.evaluate(again, {**first, "pace": None})
    expect(visit.form.get_by_label("Full speed")).to_be_checked()

    visit.expect_console("status of 422")
    visit.page.evaluate(again, {**first, "relu": "of_another_machine"})
    expect(visit.form.get_by_role("radio", checked=True)).to_have_count(0)
    visit.form.get_by_role("button", name="Start", exact=True).click()
    cards = visit.form.get_by_role("radiogroup", name="ReLU implementation")
    expect(cards).to_have_attribute("aria-invalid", "true")
    expect(visit.form.get_by_text("expected one of")).to_be_visible()
    assert len(api.runs()) == 2


def test_a_page_that_only_looks_starts_nothing(visiting: Visiting, api: Api) -> None:
    visit = visiting(f"{api.url}/?embed=1", opens=False)
    visit.page.goto(visit.url)
    expect(visit.page.get_by_role("region", name="Losses")).to_be_visible()
    expect(panel(visit)).to_be_hidden()
    expect(visit.button("New run")).to_be_hidden()
    expect(visit.page.locator("#form")).to_have_count(0)
