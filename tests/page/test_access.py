"""Everyone can use the page, and it asks for nothing that its policy forbids."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.api import Api
from tests.page.test_screens import PHONE
from tests.page.visit import Visit, Visiting
from tests.waiting import eventually

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
SERIOUS = ("serious", "critical")
RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
OF_COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
"""By night the page is the same but for its colours, and on a phone it has the same ones."""

SMALL: dict[str, Any] = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2}

SCREENS: dict[str, dict[str, Any]] = {"desk": {}, "phone": PHONE}

LISTEN = """() => {
  window.forbidden = [];
  document.addEventListener('securitypolicyviolation', (event) =>
    window.forbidden.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
}"""

FROM_THE_TOP = "() => [document.scrollingElement, ...document.querySelectorAll('#closeup')].forEach((one) => one.scrollTo(0, 0))"
"""What has been scrolled halfway beneath a head that stays is no target that is too small."""

IS_DRAWN_IN_ITS_COLOURS = """(scheme) => matchMedia(`(prefers-color-scheme: ${scheme})`).matches
  && [...document.querySelectorAll('.plot')].every(({ _fullLayout }) => !_fullLayout ||
    _fullLayout.font.color === getComputedStyle(document.documentElement).getPropertyValue('--ink').trim())"""

EVAL = """() => new Promise((resolve) => setTimeout(() => {
  try {
    resolve(eval('1'));
  } catch (error) {
    resolve(error.name);
  }
}))"""
"""Later: what Playwright itself asks a page at once, no policy holds back."""


def assert_usable(page: Page, what: str, within: str = "html") -> None:
    """No rule of axe-core is broken in a way that keeps anybody from using the page, or what of it
    a selector finds; at a desk by night neither."""
    page.evaluate(FROM_THE_TOP)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    assert broken(page, within, RULES) == [], what
    if page.evaluate("() => matchMedia('(pointer: coarse)').matches"):
        return
    with night(page):
        assert broken(page, within, OF_COLOURS) == [], f"{what}, by night"


def broken(page: Page, within: str, options: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """The rules that are broken, each with the first elements that do so."""
    found = page.evaluate("([within, options]) => axe.run(within, options)", [within, options])
    return [
        (violation["id"], [node["target"] for node in violation["nodes"]][:5])
        for violation in found["violations"]
        if violation["impact"] in SERIOUS
    ]


@contextmanager
def night(page: Page) -> Iterator[None]:
    """While inside, it is dark, and so is what is drawn."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        eventually(
            lambda scheme=scheme: page.evaluate(IS_DRAWN_IN_ITS_COLOURS, scheme), f"{scheme} charts"
        )
        if scheme == "dark":
            yield


@contextmanager
def opened(page: Page, button: str) -> Iterator[None]:
    page.get_by_role("button", name=button, exact=True).click()
    yield
    page.keyboard.press("Escape")


@pytest.mark.parametrize("screen", SCREENS)
def test_no_view_keeps_anybody_out(visiting: Visiting, api: Api, screen: str) -> None:
    well = api.start("well", iterations=40, **SMALL)
    api.start("wild", iterations=40, **SMALL, update={"rule": "sgd", "lr": 10})
    api.start("live", iterations=100_000, pace=2, **SMALL)
    visit = visiting(api.url, **SCREENS[screen])
    page = visit.page
    visit.until_points("well", 40)
    assert_usable(page, "overlay")
    for button in ("Share", "Present", "Keyboard shortcuts"):
        with opened(page, button):
            assert_usable(page, button, ":popover-open, dialog[open]")
    visit.button("Side by side").click()
    visit.until(lambda: visit.charts.count() == 3 and visit.drawn(), "three charts")
    page.get_by_role("heading", name="Runs").scroll_into_view_if_needed()
    assert_usable(page, "grid")
    page.goto(f"{api.url}?layout=difference&group=relu&run={well[:8]}")
    expect(page.get_by_role("heading", name="well", exact=True)).to_be_visible()
    visit.charts.first.scroll_into_view_if_needed()
    visit.until(visit.drawn, "the difference")
    assert_usable(page, "difference, groups and a run close up")
    page.goto(f"{api.url}?embed=1")
    expect(page.get_by_role("link", name="Open in reluscope")).to_be_visible()
    visit.until(visit.drawn, "the embedded chart")
    assert_usable(page, "embedded")


def test_nothing_that_the_page_does_is_against_its_policy(visit: Visit, api: Api) -> None:
    """While all of it is used; what it asked of another machine, each visit is asked at its end."""
    policy = visit.page.request.get(api.url).headers["content-security-policy"]
    assert "script-src" not in policy  # so that what comes next holds for scripts
    assert "default-src 'self';" in policy
    assert "unsafe-eval" not in policy

    page = visit.page
    page.evaluate(LISTEN)
    api.start("mine", iterations=40, **SMALL)
    visit.until_points("mine", 40)
    for item in ("Picture (PNG)", "Drawing (SVG)", "What is seen, as JSON", "The run whole (.zip)"):
        with opened(page, "Share"), page.expect_download():
            page.get_by_role("menuitem", name=item, exact=True).click()
    for key in "gdolxs/n?":
        page.keyboard.press(key)
        page.keyboard.press("Escape")
        page.locator("body").click(position={"x": 2, "y": 2})
    page.get_by_label("Colours").select_option("Dark")
    box = visit.charts.first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.until(visit.drawn, "a curve")
    assert page.evaluate("() => window.forbidden") == []
    assert page.evaluate(EVAL) == "EvalError"  # so that an empty list says something
    visit.until(lambda: page.evaluate("() => window.forbidden.length"), "what is forbidden")
    visit.expect_console("unsafe-eval|'script-src' was not explicitly set")
