"""Small screens and dark ones."""

from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import AUTOGRAD, Visit, Visiting

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}

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

        assert visit.page.evaluate("() => innerWidth") == 360
        assert visit.page.evaluate(OVERFLOW) == 0


def test_every_button_of_every_run_is_within_reach(visit: Visit, api: Api) -> None:
    many = {"iterations": 10_000_000, "pace": 0.01}
    api.start("a name that goes on " * 9, **many)
    api.start("wordwithoutanyspace" * 10, **many, device="cpu", dtype="float64")
    api.start("diverged " * 9, iterations=60, update={"rule": "sgd", "lr": 1}, dtype="float64")
    expect(visit.page.locator("[data-status='diverged']")).to_be_visible()
    buttons = visit.page.locator(".cell.buttons button:visible")
    expect(buttons).to_have_count(14)
    for width in (360, 768, 1024, 1280):
        visit.page.set_viewport_size({"width": width, "height": 900})
        for button in buttons.all():
            button.scroll_into_view_if_needed()
            expect(button).to_be_in_viewport(ratio=0.97)  # but for a fraction of a pixel
            button.click(trial=True)
        expect(buttons).to_have_count(14)
        assert visit.page.evaluate(TOO_WIDE) == [], f"at {width} pixels"


TOO_WIDE = """() => [...document.querySelectorAll('[role=cell], td')].filter((cell) =>
  cell.checkVisibility() && cell.scrollWidth > cell.clientWidth).map((cell) => cell.outerHTML)"""


def test_a_finger_scrolls_past_a_chart_and_a_tap_tells_of_it(visiting: Visiting, api: Api) -> None:
    visit = visiting(api.url, **PHONE)
    api.start("mine", iterations=50)
    expect(visit.row("mine").state).to_have_text("finished")
    visit.until_complete("mine", api.losses("mine"))
    plot = visit.charts.locator(".nsewdrag").first
    plot.evaluate("plot => plot.scrollIntoView({ block: 'center' })")
    swipe(visit, by=-150)
    expect(visit.button("Show all")).to_be_hidden()
    plot.evaluate("plot => plot.scrollIntoView({ block: 'center' })")
    visit.page.evaluate(WITHOUT_A_MOUSE)
    plot.tap()
    expect(visit.page.locator(".hoverlayer .hovertext").first).to_be_visible()


WITHOUT_A_MOUSE = """() => window.addEventListener('mouseout', (event) => {
  if (event.clientX === 0 && event.clientY === 0) event.stopImmediatePropagation();
}, true)"""
"""Chromium's headless shell has one also where it is told to be a phone: it rests at 0, 0, and what the
tap pointed at is left for it at the next frame."""


def swipe(visit: Visit, by: int) -> None:
    """Draw a finger over the middle of the screen; the page goes along."""
    devtools = visit.context.new_cdp_session(visit.page)
    before = visit.page.evaluate("() => scrollY")
    x, y = 180, 400

    def touch(kind: str, *points: dict[str, int]) -> None:
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    touch("touchStart", {"x": x, "y": y})
    for step in range(1, 11):
        touch("touchMove", {"x": x, "y": y + by * step // 10})
    touch("touchEnd")
    visit.until(lambda: visit.page.evaluate("() => scrollY") > before + 50, "the page to scroll")


def test_the_chart_has_the_colours_of_the_page_by_day_and_by_night(
    visiting: Visiting, api: Api
) -> None:
    visit = visiting(api.url, opens=False)
    visit.page.emulate_media(color_scheme="dark")
    visit.open()
    api.start("mine", iterations=20)
    expect(visit.row("mine").state).to_have_text("finished")
    visit.until_complete("mine", api.losses("mine"))

    def colours() -> tuple[list[str], list[str]]:
        """Those of the chart, and those of the page."""
        chart, page = visit.page.evaluate(COLOURS)
        return chart, page

    dark, of_page = colours()
    assert dark == of_page

    visit.page.emulate_media(color_scheme="light")
    visit.until(lambda: colours()[0] != dark, "the chart in the other colours")
    assert colours()[0] == colours()[1]


COLOURS = """() => {
  const { font, paper_bgcolor, plot_bgcolor } = document.querySelector('.plot')._fullLayout;
  const [{ line }] = document.querySelector('.plot').data;
  const page = getComputedStyle(document.documentElement);
  return [
    [font.color, paper_bgcolor, plot_bgcolor, line.color],
    ['--ink', '--card', '--card', '--curve-0'].map((name) => page.getPropertyValue(name).trim()),
  ];
}"""
"""Plotly makes the box of a zoom and its buttons from what is behind the chart."""


def test_the_words_of_the_header_stand_on_one_line(visit: Visit) -> None:
    title, *others = visit.page.evaluate(BASELINES)
    assert len(others) == 2
    for other in others:
        assert abs(other - title) < 1


BASELINES = """() => ['h1 span', '.tagline', '.connection'].map((words) => {
  const foot = document.createElement('span');
  foot.style.display = 'inline-block';
  document.querySelector(`header ${words}`).append(foot);
  const { bottom } = foot.getBoundingClientRect();
  foot.remove();
  return bottom;
})"""
"""An empty box stands on its line's baseline."""
