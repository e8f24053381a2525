"""Browser pages that serve one visit after the other."""

from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Browser, Error, Page

from tests.waiting import DEADLINE_S

OF_A_PAGE = ("viewport", "color_scheme", "reduced_motion")
"""Options that a page may have otherwise at each visit."""

DESKTOP = {"width": 1280, "height": 1000}

ANCHOR = "/icon.svg"
"""Where a page rests, at the origin that it visited."""

FORGET = "() => [localStorage, sessionStorage].forEach((kept) => kept.clear())"


class Contexts:
    """Browser contexts of one page each, for one visit at a time, with nothing left of those before but
    what was read: to read Plotly and all modules anew takes as long as most tests."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._resting: dict[str, list[Page]] = {}
        self._kinds: dict[Page, str] = {}

    def enter(self, options: dict[str, Any]) -> Page:
        """A page that nobody is on, made as `options` say."""
        kind = {name: value for name, value in options.items() if name not in OF_A_PAGE}
        resting = self._resting.setdefault(repr(kind), [])
        page = resting.pop() if resting else self._make(kind)
        page.set_viewport_size(options.get("viewport", DESKTOP))
        page.emulate_media(
            color_scheme=options.get("color_scheme", "null"),
            reduced_motion=options.get("reduced_motion", "null"),
        )
        return page

    def leave(self, page: Page, url: str) -> None:
        """Close what was opened beside it, and have forgotten what was kept for `url`."""
        for other in page.context.pages:
            if other is not page:
                other.close()
        page.context.set_offline(False)
        page.context.clear_permissions()
        try:
            page.unroute_all()
            page.mouse.move(0, 0)  # away from all that could be pointed at
            page.goto(urljoin(url, ANCHOR))
        except Error:  # the page was closed, or its server is gone and with it all that was kept
            page.context.close()
            return
        page.evaluate(FORGET)
        self._resting[self._kinds[page]].append(page)

    def _make(self, kind: dict[str, Any]) -> Page:
        context = self._browser.new_context(**kind)
        context.set_default_timeout(DEADLINE_S * 1000)
        page = context.new_page()
        self._kinds[page] = repr(kind)
        return page
