"""The browser's way back: from a run close up, and from another layout; nothing else is undone."""

from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import Visit


def test_back_closes_what_was_opened_and_forward_opens_it_again(visit: Visit, api: Api) -> None:
    page = visit.page
    run_id = api.start("mine", iterations=50)
    closeup = page.locator("#closeup")
    visit.row("mine").name_button.click()
    expect(closeup.get_by_role("heading", name="mine")).to_be_visible()
    visit.until(lambda: f"run={run_id[:8]}" in page.url, "the run in the address")
    visit.button("Linear").click()
    visit.until(lambda: "scale=linear" in page.url, "the axis in the address")

    page.go_back()
    expect(closeup).to_be_hidden()
    expect(visit.button("Linear")).to_have_attribute("aria-pressed", "true")
    visit.until(lambda: "run=" not in page.url and "scale=linear" in page.url, "the address")

    page.go_forward()
    expect(closeup.get_by_role("heading", name="mine")).to_be_visible()
    page.keyboard.press("Escape")
    expect(closeup).to_be_hidden()


def test_back_comes_to_the_layout_before(visit: Visit, api: Api) -> None:
    api.start("mine", iterations=50)
    expect(visit.row("mine").state).to_have_text("finished")
    for layout in ("grid", "difference"):
        visit.button({"grid": "Side by side", "difference": "Difference"}[layout]).click()
        visit.until(lambda layout=layout: f"layout={layout}" in visit.page.url, layout)
    visit.page.go_back()
    expect(visit.button("Side by side")).to_have_attribute("aria-pressed", "true")
    visit.page.go_back()
    expect(visit.button("Overlay")).to_have_attribute("aria-pressed", "true")


def test_a_link_to_a_run_close_up_comes_back_to_it(visit: Visit, api: Api) -> None:
    page = visit.page
    run_id = api.start("mine", iterations=50)
    page.goto(f"{visit.url}/?run={run_id[:8]}")
    closeup = page.locator("#closeup")
    expect(closeup.get_by_role("heading", name="mine")).to_be_visible()
    closeup.get_by_role("button", name="Close").click()
    visit.until(lambda: "run=" not in page.url, "the address")
    page.go_back()
    expect(closeup.get_by_role("heading", name="mine")).to_be_visible()
