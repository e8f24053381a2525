"""Small screens and dark ones."""

from playwright.sync_api import expect

from tests.page.conftest import AUTOGRAD, Api, Visiting

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_on_a_phone_nothing_scrolls_sideways(visiting: Visiting, api: Api) -> None:
    visit = visiting(api.url, **PHONE)
    visit.button(f"Start {AUTOGRAD}").tap()
    api.start("a name that goes on " * 9, iterations=5)
    api.start("wordwithoutanyspace" * 10, iterations=60, update={"rule": "sgd", "lr": 1})
    expect(visit.page.locator(".state")).to_have_count(3)
    for layout, charts in (("Overlay", 1), ("Side by side", 3)):
        visit.button(layout).tap()
        expect(visit.charts).to_have_count(charts)
        visit.charts.last.scroll_into_view_if_needed()
        visit.until(visit.drawn, "a curve")

        assert visit.page.evaluate("() => innerWidth") == 390
        assert visit.page.evaluate(OVERFLOW) == 0


def test_the_chart_has_the_colours_of_the_page_by_day_and_by_night(
    visiting: Visiting, api: Api
) -> None:
    visit = visiting(api.url, color_scheme="dark")
    api.start("mine", iterations=20)
    expect(visit.row("mine").state).to_have_text("finished")
    visit.until_complete("mine", api.losses("mine"))

    def inks() -> tuple[str, str]:
        told: list[str] = visit.page.evaluate(
            "() => [document.querySelector('.plot')._fullLayout.font.color,"
            "getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()]"
        )
        return told[0], told[1]

    dark, of_page = inks()
    assert dark == of_page

    visit.page.emulate_media(color_scheme="light")
    visit.until(lambda: inks()[0] != dark, "the chart in the other colours")
    assert inks()[0] == inks()[1]
