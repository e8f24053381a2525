"""Browser contexts that serve one visit after the other."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from tests.waiting import DEADLINE_S

ANCHOR = "/icon.svg"
"""What is open in a context all the while."""

OF_A_PAGE = ("viewport", "color_scheme", "reduced_motion")
"""Options that each page of a context may have otherwise."""

DESKTOP = {"width": 1280, "height": 1000}


class Contexts:
    """Browser contexts, each for one visit at a time, with nothing left of those before but what was
    read: to read Plotly takes a process that is new, and has an empty cache, as long as most tests."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {}
        self._kinds: dict[BrowserContext, str] = {}

    def enter(self, url: str, options: dict[str, Any]) -> Page:
        """A new page in one that nobody is in, made as `options` say."""
        kind = {name: value for name, value in options.items() if name not in OF_A_PAGE}
        free = self._free.setdefault(repr(kind), [])
        context = free.pop() if free else self._make(url, kind)
        page = context.new_page()
        page.set_viewport_size(options.get("viewport", DESKTOP))
        page.emulate_media(
            color_scheme=options.get("color_scheme"), reduced_motion=options.get("reduced_motion")
        )
        return page

    def leave(self, context: BrowserContext, requests: Iterable[str]) -> None:
        """Close what was opened, and have forgotten what was kept for those that were asked."""
        anchor, *others = context.pages
        for page in others:
            page.close()
        context.set_offline(False)
        context.clear_permissions()
        devtools = context.new_cdp_session(anchor)
        for scheme, host in {urlsplit(request)[:2] for request in requests}:
            forgotten = {"origin": f"{scheme}://{host}", "storageTypes": "local_storage"}
            devtools.send("Storage.clearDataForOrigin", forgotten)
        devtools.detach()
        self._free[self._kinds[context]].append(context)

    def _make(self, url: str, kind: dict[str, Any]) -> BrowserContext:
        context = self._browser.new_context(**kind)
        context.set_default_timeout(DEADLINE_S * 1000)
        anchor = context.new_page()  # as long as it is open, the process lives
        anchor.goto(url.partition("?")[0].rstrip("/") + ANCHOR)
        self._kinds[context] = repr(kind)
        return context
