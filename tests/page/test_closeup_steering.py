"""Steering one run close up: its verbs, its pace, its hyperparameters, and what is made of it."""

import re

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.test_closeup import Closeup
from tests.page.visit import Visit


@pytest.fixture
def closeup(visit: Visit, api: Api) -> Closeup:
    """Of a run that will not end by itself while one looks."""
    closeup = Closeup(visit).open(api.start("mine", iterations=100_000, pace=50))
    expect(closeup.state).to_have_text("running")
    return closeup


def test_it_pauses_steps_by_one_and_by_more_goes_on_and_stops(api: Api, closeup: Closeup) -> None:
    closeup.button("Pause").click()
    expect(closeup.state).to_have_text("paused")
    at = api.run("mine")["iteration"]
    figure = closeup.element.locator("[data-figure='iteration']")

    closeup.button("Step 1").click()
    expect(figure).to_have_text(re.compile(f"^{at + 1} /"))
    size = closeup.element.get_by_label("Iterations of a longer step")
    size.fill("25")
    for _ in range(5):
        size.page.keyboard.down("Enter")  # held down, it is one wish
    size.page.keyboard.up("Enter")
    expect(figure).to_have_text(re.compile(f"^{at + 26} /"))
    expect(closeup.visit.page.get_by_label("Step by")).to_have_value("25")
    expect(closeup.state).to_have_text("paused")
    assert api.run("mine")["iteration"] == at + 26

    closeup.button("Resume").click()
    expect(closeup.state).to_have_text("running")
    expect(closeup.button("Pause")).to_be_focused()
    closeup.button("Stop").click()
    expect(closeup.state).to_have_text("stopped")
    for verb in ("Pause", "Resume", "Step 1", "Stop"):
        expect(closeup.button(verb)).to_be_hidden()
    expect(closeup.title).to_be_focused()
    expect(closeup.element.get_by_role("slider", name="Pace")).to_be_disabled()
    expect(closeup.element.get_by_label("Learning rate", exact=True)).to_be_disabled()

    closeup.tab("Events").click()
    told = closeup.panel.get_by_role("listitem").locator(".what")
    expect(told.first).to_have_text("stopped")
    expect(told.last).to_have_text("began to train")


def test_the_pace_follows_the_slider_and_what_is_typed(
    visit: Visit, api: Api, closeup: Closeup
) -> None:
    slider = closeup.element.get_by_role("slider", name="Pace")
    field = closeup.element.get_by_label("Iterations a second")
    expect(slider).to_have_attribute("aria-valuetext", "50 iterations a second")

    slider.focus()
    for _ in range(6):
        visit.page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "100 iterations a second")
    visit.until(lambda: api.run("mine")["spec"]["pace"] == 100, "the last pace to be sent")
    expect(field).to_have_value("100")
    visit.page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "full speed")
    visit.until(lambda: api.run("mine")["spec"]["pace"] is None, "full speed")

    field.fill("12.5")
    field.press("Enter")
    expect(slider).to_have_attribute("aria-valuetext", "12.5 iterations a second")
    visit.until(lambda: api.run("mine")["spec"]["pace"] == 12.5, "what was typed")
    visit.expect_console("status of 422")
    field.fill("-1")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(closeup.element.get_by_role("alert")).to_contain_text("greater than 0")
    assert api.run("mine")["spec"]["pace"] == 12.5


def test_hyperparameters_change_while_it_trains_and_a_refusal_is_at_its_field(
    visit: Visit, api: Api, closeup: Closeup
) -> None:
    lr = closeup.element.get_by_label("Learning rate", exact=True)
    expect(lr).to_have_value("1e-6")
    lr.fill("3e-7")
    expect(closeup.button("Change")).to_be_enabled()
    lr.press("Enter")
    expect(closeup.button("Change")).to_be_disabled()
    visit.until(lambda: api.run("mine")["spec"]["update"]["lr"] == 3e-7, "the change")

    closeup.button("Learning rate ÷ 10").click()
    closeup.button("Learning rate ÷ 10").click()
    expect(lr).to_have_value("3e-9")
    visit.until(lambda: api.run("mine")["spec"]["update"]["lr"] == 3e-9, "both changes")

    visit.expect_console("status of 422")
    closeup.element.get_by_text("more of its rule").click()
    momentum = closeup.element.get_by_label("Momentum", exact=True)
    momentum.fill("7")
    momentum.press("Enter")
    expect(momentum).to_have_attribute("aria-invalid", "true")
    expect(closeup.element.get_by_text("less than or equal to 1")).to_be_visible()
    momentum.fill("0.5")
    momentum.press("Enter")
    expect(momentum).not_to_have_attribute("aria-invalid", "true")
    visit.until(lambda: api.run("mine")["spec"]["update"]["momentum"] == 0.5, "the momentum")

    closeup.tab("Events").click()
    told = closeup.panel.get_by_role("listitem").locator(".what")
    expect(told).to_have_text(
        ["momentum 0 → 0.5", "lr 3e-8 → 3e-9", "lr 3e-7 → 3e-8", "lr 1e-6 → 3e-7", "began to train"]
    )


def test_it_is_forked_replayed_and_deleted(visit: Visit, api: Api, closeup: Closeup) -> None:
    page = visit.page
    visit.until(lambda: api.run("mine")["iteration"] >= 20, "some iterations")
    closeup.button("Pause").click()
    expect(closeup.state).to_have_text("paused")

    visit.expect_console("status of 422")
    closeup.button("Fork…").click()
    form = closeup.element.get_by_role("form", name="Fork")
    at = form.get_by_label("From iteration")
    expect(at).to_be_focused()
    at.fill("1000000")
    at.press("Enter")
    expect(at).to_have_attribute("aria-invalid", "true")
    at.fill("10")
    form.get_by_label("How many").fill("2")
    form.get_by_role("combobox", name="ReLU").select_option("half_abs")
    form.get_by_label("Learning rate").fill("5e-7")
    form.get_by_label("Iterations").fill("30")
    form.get_by_role("button", name="Fork").click()

    expect(form).to_be_hidden()
    expect(closeup.element.get_by_text("2 forks have started:")).to_be_visible()
    forks = [run for run in api.runs() if run["forked_from"]]
    assert [(run["spec"]["relu"], run["spec"]["update"]["lr"]) for run in forks] == [
        ("half_abs", 5e-7)
    ] * 2
    assert {run["forked_from"]["iteration"] for run in forks} == {10}
    closeup.button("Replay").click()
    expect(closeup.element.get_by_text("A replay has started:")).to_be_visible()

    page.goto(f"{visit.url}/?run={forks[0]['id'][:8]}")
    closeup.element.get_by_role("link", name="forked from mine at iteration 10").click()
    expect(closeup.state).to_have_text("paused")
    page.evaluate(
        "() => document.addEventListener('again', (e) => { window.spec = e.detail.spec; })"
    )
    closeup.button("Delete…").click()
    question = page.get_by_role("dialog")
    question.get_by_role("button", name="Cancel").click()
    closeup.button("Start again…").click()
    assert page.evaluate("() => window.spec")["iterations"] == 100_000
    expect(closeup.element).to_be_hidden()
    expect(visit.field("Iterations")).to_have_value("1e5")
