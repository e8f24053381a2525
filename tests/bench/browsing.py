"""A real browser to measure with."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.page import chromium


@contextmanager
def browsing() -> Iterator[Browser]:
    """While inside, there is a browser. Ends the program where none can be found."""
    found = chromium.find(*chromium.NAMES, chromium.SHELL)  # what people have, rather
    if found is None:
        sys.exit("no Chromium was found: python -m tests.page.chromium finds or installs one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(chromium.FLAGS))
        yield browser
        browser.close()
