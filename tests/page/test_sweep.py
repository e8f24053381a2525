"""Several values in a field: a run for each, counted before, started in order."""

import re
from typing import Any

from playwright.sync_api import Locator, Route, expect

from tests.page.api import Api
from tests.page.filling import start
from tests.page.test_closeup import Closeup
from tests.page.test_form_refusals import complaint
from tests.page.visit import Visit

QUICK = {"N": "4", "D_in": "5", "H": "6", "D_out": "2", "Iterations": "3"}


def fill(visit: Visit, **typed: str) -> None:
    for label, value in {**QUICK, **typed}.items():
        visit.field(label.replace("_", " ") if label not in QUICK else label).fill(value)


def button(visit: Visit) -> Locator:
    return visit.form.locator("button[type=submit]")


def started(visit: Visit, api: Api, runs: int) -> list[dict[str, Any]]:
    """Specs of so many runs, in the order in which they were made."""
    visit.until(lambda: len(api.runs()) == runs, f"{runs} runs")
    made = sorted(api.runs(), key=lambda run: run["created_at"])
    assert len({run["created_at"] for run in made}) == runs
    return [run["spec"] for run in made]


def test_a_grid_is_counted_and_started_in_order(visit: Visit, api: Api) -> None:
    fill(visit, Learning_rate="1e-7, 1e-6", Seed="0..2", Name="mine")
    expect(button(visit)).to_have_text("Start 6 runs")
    visit.button("several: ReLU implementation").click()
    visit.relu("where").check()
    expect(button(visit)).to_have_text("Start 12 runs")
    expect(visit.form.get_by_text("42 weights")).to_be_visible()

    start(visit)

    specs = started(visit, api, 12)
    found = [(spec["relu"], spec["update"]["lr"], spec["seed"]) for spec in specs]
    assert found == [
        (relu, lr, seed) for relu in ("clamp", "where") for lr in (1e-7, 1e-6) for seed in (0, 1, 2)
    ]
    assert specs[0]["name"] == "mine · clamp · lr 1e-7 · seed 0"
    assert specs[0]["update"]["momentum"] == 0
    expect(button(visit)).to_have_text("Start 12 runs")
    expect(visit.row(specs[-1]["name"]).element).to_be_visible()

    (sweep_id,) = {run["sweep"]["id"] for run in api.runs()}
    closeup = Closeup(visit).open(api.run(specs[1]["name"])["id"])
    closeup.tab("Environment").click()
    expect(closeup.fact("Sweep")).to_contain_text("mine · run 2")
    api.start("alone", iterations=1)
    visit.page.get_by_role("searchbox", name="Filter").fill(f"-sweep:{sweep_id[:6]}")
    expect(visit.row("alone").element).to_be_visible()
    expect(visit.row(specs[0]["name"]).element).to_be_hidden()


def test_several_rules_share_what_they_have_in_common(visit: Visit, api: Api) -> None:
    fill(visit)
    visit.button("several: Update rule").click()
    visit.button("several: Data type").click()
    visit.form.get_by_role("checkbox", name="manual", exact=True).check()
    expect(visit.field("Learning rate")).to_have_value("1e-6")  # that of both
    visit.form.get_by_role("checkbox", name="adam", exact=True).check()
    expect(visit.field("Learning rate")).to_have_value("")
    visit.form.get_by_role("checkbox", name="float64", exact=True).check()
    expect(button(visit)).to_have_text("Start 6 runs")
    start(visit)
    specs = started(visit, api, 6)
    assert [(s["update"]["rule"], s["update"]["lr"], s["dtype"]) for s in specs] == [
        (rule, lr, dtype)
        for rule, lr in (("sgd", 1e-6), ("manual", 1e-6), ("adam", 1e-3))
        for dtype in ("float32", "float64")
    ]

    visit.button("several: Update rule").click()
    expect(visit.field("Update rule")).to_have_value("sgd")
    expect(button(visit)).to_have_text("Start 2 runs")


def test_what_is_on_its_way_is_told(visit: Visit, api: Api) -> None:
    held: list[Route] = []
    visit.page.route("**/api/sweeps", lambda route: held.append(route))  # noqa: PLW0108 - it cannot take a method
    fill(visit, Seed="0, 1, 2")
    start(visit)
    visit.until(lambda: held, "the request")
    expect(button(visit)).to_have_text("Starting 3 runs…")
    expect(button(visit)).to_have_attribute("aria-disabled", "true")
    button(visit).click(force=True)
    held[0].continue_()
    expect(button(visit)).to_have_text("Start 3 runs")
    assert len(held) == 1
    assert len(api.runs()) == 3


def test_where_one_is_refused_nothing_is_started(visit: Visit, api: Api) -> None:
    visit.expect_console("status of 422")
    fill(visit, Learning_rate="1e-6, abc", Seed="0..2")
    start(visit)
    expect(complaint(visit, "Learning rate")).to_have_text(re.compile("^abc: "))
    expect(visit.field("Learning rate")).to_be_focused()
    assert api.runs() == []
    expect(button(visit)).to_have_text("Start 6 runs")

    fill(visit, Learning_rate="1e-6", N="0")
    start(visit)
    expect(complaint(visit, "N")).to_have_text("Input should be greater than or equal to 1")
    expect(complaint(visit, "Learning rate")).to_be_hidden()


def test_each_value_that_is_wrong_is_told_once(visit: Visit, api: Api) -> None:
    visit.expect_console("status of 422")
    fill(visit, H="6, 0, 7, -1, -2, -3, -4", Seed="0, 1")
    start(visit)
    told = complaint(visit, "H")
    expect(told).to_have_text(
        re.compile("^hidden 0: .*; hidden -1: .*; hidden -2: .*; and 2 more$")
    )
    assert api.runs() == []

    visit.button("several: Gradients").click()
    visit.form.get_by_role("checkbox", name="gram", exact=True).check()
    visit.field("Update rule").select_option("adam")
    fill(visit, H="6", Seed="0")
    start(visit)
    expect(complaint(visit, "H")).to_be_hidden()
    told = visit.form.get_by_text("gram: gram needs a rule whose step is linear")
    expect(told).to_be_visible()
    assert api.runs() == []


def test_more_than_is_usual_is_asked_and_more_than_can_be_is_not_begun(
    visit: Visit, api: Api, catalog: dict[str, Any]
) -> None:
    fill(visit, Seed="0..200")
    start(visit)
    dialog = visit.page.get_by_role("dialog", name="Start 201 runs?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(button(visit)).to_have_text("Start 201 runs")

    limit = catalog["limits"]["live_runs"]
    word = f"This server trains at most {limit:,} runs at once"
    for seeds in (f"1..{limit + 1}", "0..9007199254740991"):
        visit.field("Seed").fill(seeds)
        expect(visit.form.get_by_text(word)).to_be_visible()
        start(visit)
        expect(visit.page.get_by_role("alert").filter(has_text=word)).to_be_visible()
        visit.button("Close").click()
    visit.field("Seed").fill("1..3")
    expect(visit.form.get_by_text(word)).to_be_hidden()
    assert api.runs() == []
