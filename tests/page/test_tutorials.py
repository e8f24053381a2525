"""The main thing: the two tutorials, started by a click each, fall side by side while one looks."""

from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import AUTOGRAD, CUSTOM_FUNCTION, Visit


def test_both_tutorials_train_before_ones_eyes(
    visit: Visit, api: Api, tutorial_losses: dict[str, list[float]]
) -> None:
    expect(visit.field("Pace")).to_have_value("50")
    rows = [visit.start(AUTOGRAD), visit.start(CUSTOM_FUNCTION)]
    assert [run["spec"]["pace"] for run in api.runs()] == [50, 50]

    visit.until_grown(AUTOGRAD, CUSTOM_FUNCTION)
    for row in rows:
        assert 0 < row.iteration() < 500
        expect(row.state).to_have_text("running")

    for row in rows:  # enough was seen of how they fall
        row.press("Full speed")
    for row, name, key in zip(
        rows, (AUTOGRAD, CUSTOM_FUNCTION), ("autograd", "custom_function"), strict=True
    ):
        expect(row.state).to_have_text("finished")
        assert row.iteration() == 500
        expect(row.progress).to_have_js_property("value", 1)
        visit.until_complete(name, api.losses(name))
        assert visit.drawn()[name]["y"] == tutorial_losses[key]


def test_full_speed_is_one_click_away(visit: Visit, api: Api) -> None:
    visit.form.get_by_label("Full speed").check()
    expect(visit.field("Pace")).to_be_disabled()

    row = visit.start(AUTOGRAD)

    assert api.run(AUTOGRAD)["spec"]["pace"] is None
    expect(row.state).to_have_text("finished")
    visit.until_complete(AUTOGRAD, api.losses(AUTOGRAD))


def test_a_run_can_be_let_go_and_slowed_down_at_any_time(visit: Visit, api: Api) -> None:
    api.start("endless", iterations=10_000_000)
    endless = visit.row("endless")

    endless.press("Slow down to watch")

    expect(endless.button("Full speed")).to_be_visible()
    expect(endless.button("Slow down to watch")).to_be_hidden()
    assert api.run("endless")["spec"]["pace"] == 50

    row = visit.start(CUSTOM_FUNCTION)
    visit.until_points(CUSTOM_FUNCTION, 2)
    row.press("Full speed")

    expect(row.state).to_have_text("finished")
    assert api.run(CUSTOM_FUNCTION)["spec"]["pace"] is None
    visit.until_complete(CUSTOM_FUNCTION, api.losses(CUSTOM_FUNCTION))


def test_a_tutorial_can_be_taken_as_a_start_for_ones_own_run(visit: Visit, api: Api) -> None:
    visit.button(f"Fill the form with {CUSTOM_FUNCTION}").click()
    expect(visit.relu("my_relu")).to_be_checked()
    expect(visit.relu("my_relu")).to_be_focused()
    expect(visit.relu("my_relu")).to_be_in_viewport()
    expect(visit.field("Name")).to_have_value("")
    visit.field("Name").fill("mine")
    visit.field("Learning rate").fill("2e-6")
    visit.form.get_by_role("button", name="Start").click()

    expect(visit.row("mine").element).to_be_visible()
    spec = api.run("mine")["spec"]
    assert (spec["relu"], spec["update"]) == ("my_relu", {"rule": "manual", "lr": 2e-6})
    assert spec["pace"] == 50


def test_the_keyboard_alone_starts_the_tutorials(visit: Visit) -> None:
    for preset in (AUTOGRAD, CUSTOM_FUNCTION):
        start = visit.button(f"Start {preset}")
        for _ in range(9):  # past the tools of the page, the first time
            visit.page.keyboard.press("Tab")
            if start.evaluate("button => button === document.activeElement"):
                break
        expect(start).to_be_focused()

        visit.page.keyboard.press("Enter")

        expect(visit.row(preset).state).to_have_text("running")
