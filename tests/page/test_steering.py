"""What a person does to runs that are there: pause, step, resume, stop, delete; one, or all."""

import pytest
from playwright.sync_api import Route, expect

from tests.page.api import Api
from tests.page.visit import Row, Visit

WATCH_MS = 400
"""Long enough for a run at 50 iterations a second to move by twenty."""


@pytest.fixture
def row(visit: Visit, api: Api) -> Row:
    """A run that will not end by itself while one looks."""
    api.start("mine", iterations=5000, pace=50)
    row = visit.row("mine")
    expect(row.state).to_have_text("running")
    visit.until_points("mine", 3)
    return row


def assert_rests(visit: Visit, api: Api, row: Row, at: int) -> None:
    """The run is at that iteration, on the server, in the table and on the chart, and stays."""
    visit.until(lambda: row.iteration() == at, f"iteration {at}")
    visit.until_complete("mine", api.losses("mine"))
    visit.page.wait_for_timeout(WATCH_MS)
    assert api.run("mine")["iteration"] == row.iteration() == visit.points("mine") == at


def test_a_paused_run_rests_and_steps_by_one_and_by_more(visit: Visit, api: Api, row: Row) -> None:
    row.press("Pause")

    expect(row.state).to_have_text("paused")
    expect(row.button("Pause")).to_be_hidden()
    paused_at = api.run("mine")["iteration"]
    assert_rests(visit, api, row, paused_at)

    row.press("Step")
    assert_rests(visit, api, row, paused_at + 1)
    expect(row.state).to_have_text("paused")

    step = visit.page.get_by_label("Step by")
    for wrong in ("0", "-3", ""):
        step.fill(wrong)
        step.press("Enter")
        expect(step).to_have_value("1")
    step.fill("25")
    row.press("Step")
    assert_rests(visit, api, row, paused_at + 26)
    expect(row.state).to_have_text("paused")


def test_a_running_run_that_is_stepped_rests_after_it(visit: Visit, api: Api, row: Row) -> None:
    row.press("Step")

    expect(row.state).to_have_text("paused")
    assert_rests(visit, api, row, api.run("mine")["iteration"])


def test_a_resumed_run_goes_on_where_it_was(visit: Visit, api: Api, row: Row) -> None:
    row.press("Pause")
    expect(row.state).to_have_text("paused")
    before = api.losses("mine")

    row.press("Resume")

    expect(row.state).to_have_text("running")
    visit.until_points("mine", len(before) + 5)
    row.press("Stop")
    expect(row.state).to_have_text("stopped")
    assert api.losses("mine")[: len(before)] == before
    visit.until_complete("mine", api.losses("mine"))


def test_a_stopped_run_has_ended_and_keeps_its_curve_until_it_is_deleted(
    visit: Visit, api: Api, row: Row
) -> None:
    row.press("Stop")

    expect(row.state).to_have_text("stopped")
    assert_rests(visit, api, row, api.run("mine")["iteration"])
    for not_offered in ("Pause", "Resume", "Step", "Stop", "Full speed"):
        expect(row.button(not_offered)).to_be_hidden()

    row.delete()

    expect(row.element).to_have_count(0)
    visit.until(lambda: not visit.drawn(), "an empty chart")
    assert api.runs() == []
    expect(visit.page.get_by_text("No run yet")).to_be_visible()


def test_a_running_run_can_be_deleted(visit: Visit, api: Api, row: Row) -> None:
    row.press("Delete")
    question = visit.page.get_by_role("dialog", name="Delete mine, with its curve?")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    expect(row.state).to_have_text("running")

    row.delete()

    expect(row.element).to_have_count(0)
    visit.until(lambda: not visit.drawn(), "an empty chart")
    assert api.runs() == []


def test_a_run_is_pinned_and_let_go(visit: Visit, api: Api, row: Row) -> None:
    expect(row.pin).to_have_attribute("aria-pressed", "false")

    row.pin.focus()
    for key, pinned in (("Enter", True), ("Space", False), ("Enter", True)):
        visit.page.keyboard.press(key)
        expect(row.pin).to_have_attribute("aria-pressed", str(pinned).lower())
        expect(row.pin).to_be_focused()
        assert api.run("mine")["pinned"] is pinned

    row.press("Stop")
    expect(row.state).to_have_text("stopped")
    visit.page.reload()
    expect(row.pin).to_have_attribute("aria-pressed", "true")
    row.pin.click()
    expect(row.pin).to_have_attribute("aria-pressed", "false")


def test_what_another_does_to_a_run_is_seen(api: Api, row: Row) -> None:
    run_id = api.run("mine")["id"]
    api.ask(run_id, "pause")
    expect(row.state).to_have_text("paused")
    api.ask(run_id, "resume")
    expect(row.state).to_have_text("running")
    api.delete_all()
    expect(row.element).to_have_count(0)


def test_a_refused_wish_is_told(visit: Visit, api: Api, row: Row) -> None:
    visit.expect_console("status of 404")
    visit.page.route("**/pause", lambda route: route.continue_(url=f"{api.url}/api/runs/no/pause"))

    row.press("Pause")

    expect(visit.page.get_by_role("alert").filter(has_text="there is no run")).to_be_visible()


def test_a_refusal_stays_until_the_next_thing_is_asked(visit: Visit, api: Api) -> None:
    visit.expect_console("status of 409")
    names = ["first", "second", "third"]
    for name in names:
        api.start(name, iterations=5000, pace=50)
        expect(visit.row(name).state).to_have_text("running")
    refused = api.run("second")["id"]

    def refuse(route: Route) -> None:
        route.fulfill(status=409, json={"detail": "it will not"})

    visit.page.route(f"**/{refused}/pause", refuse)
    notice = visit.page.get_by_role("alert").filter(has_text="1 of 3 refused: it will not")

    visit.button("Pause all").click()
    for name in ("first", "third"):
        expect(visit.row(name).state).to_have_text("paused")
    expect(notice).to_be_visible()
    visit.row("first").press("Step")
    expect(notice).to_be_hidden()


def test_the_focus_stays_where_a_hand_on_the_keyboard_needs_it(visit: Visit, api: Api) -> None:
    keyboard = visit.page.keyboard
    for name in ("one", "two", "three"):
        api.start(name, iterations=5000, pace=50)
        expect(visit.row(name).state).to_have_text("running")
    row = visit.row("two")

    row.button("Pause").focus()
    for pressed, state, then in (("Pause", "paused", "Resume"), ("Resume", "running", "Pause")):
        expect(row.button(pressed)).to_be_focused()
        keyboard.press("Enter")
        expect(row.state).to_have_text(state)
        expect(row.button(then)).to_be_focused()
    row.button("Full speed").focus()
    api.ask(api.run("two")["id"], "pause")
    expect(row.state).to_have_text("paused")
    keyboard.press("Enter")
    expect(row.button("Slow down to watch")).to_be_focused()
    row.button("Stop").focus()
    keyboard.press("Enter")
    expect(row.state).to_have_text("stopped")
    expect(row.shown).to_be_focused()

    visit.button("Pause all").focus()
    keyboard.press("Enter")
    expect(visit.row("one").state).to_have_text("paused")
    expect(visit.button("Pause all")).to_be_focused()
    keyboard.press("Enter")  # of which nothing comes

    row.button("Delete").focus()
    question = visit.page.get_by_role("dialog")
    sure = question.get_by_role("button", name="Delete")
    keyboard.press("Enter")
    keyboard.press("Enter")  # on what is offered first, which does nothing
    expect(question).to_have_count(0)
    for name, then in (("two", "one"), ("one", "three")):
        expect(visit.row(name).button("Delete")).to_be_focused()
        keyboard.press("Enter")
        keyboard.press("Tab")
        expect(sure).to_be_focused()
        keyboard.press("Enter")
        expect(visit.row(name).element).to_have_count(0)
        expect(visit.row(then).button("Delete")).to_be_focused()
    keyboard.press("Enter")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(visit.page.get_by_text("No run yet")).to_be_focused()


def test_all_runs_pause_resume_and_stop_together(visit: Visit, api: Api) -> None:
    names = ["first", "second", "third"]
    for name in names:
        api.start(name, iterations=5000, pace=50)
    states = [visit.row(name).state for name in names]
    for state in states:
        expect(state).to_have_text("running")
    expect(visit.button("Resume all")).to_be_disabled()

    for button, state_then in (
        ("Pause all", "paused"),
        ("Resume all", "running"),
        ("Stop all", "stopped"),
    ):
        visit.button(button).click()
        for state in states:
            expect(state).to_have_text(state_then)

    for button in ("Pause all", "Resume all", "Stop all"):
        expect(visit.button(button)).to_be_disabled()
    question = visit.page.get_by_role("dialog")
    visit.button("Delete ended").click()
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    assert len(api.runs()) == len(names)
    visit.button("Delete ended").click()
    question.get_by_role("button", name=f"Delete {len(names)}").click()
    expect(visit.page.get_by_text("No run yet")).to_be_visible()
    expect(visit.button("Delete ended")).to_be_disabled()
