"""The Chromium that the browser tests run in: found, or installed.

`python -m tests.page.chromium` prints its path; where none can be had, it says why and exits 1.
"""

import os
import shutil
import sys
from pathlib import Path

from tests import installing

SHELL = "chromium-headless-shell"
"""Chromium without the window around the page, which costs a third of what a page does."""

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

MAC_APPS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)

FLAGS = (
    "--no-sandbox",  # a container's root cannot have one
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # so that what leaves the machine is the page's doing
    "--disable-component-update",
    "--disable-sync",
)
"""How to start it."""


def find(*names: str) -> Path | None:
    """The browser that CHROMIUM names, or one on PATH, or a Mac's, or Playwright's own. `names`: what
    to look for on PATH; left out, the lightest comes first."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named) if shutil.which(named) else None
    for name in names or (SHELL, *NAMES):
        if found := shutil.which(name):
            return Path(found)
    return next((app for app in (*MAC_APPS, _of_playwright()) if app and app.is_file()), None)


def install() -> None:
    """Install one: by apt where that is ours to use, else by Playwright, for this user alone."""
    if not (installing.by_apt(SHELL) or installing.by_apt("chromium")):
        installing.run(sys.executable, "-m", "playwright", "install", "chromium")


def _of_playwright() -> Path | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - costs a second, seldom needed

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def main() -> None:
    if find() is None:
        install()
    found = find()
    if found is None:
        sys.exit(
            "no Chromium was found, and none could be installed; "
            "install one, or name it in the environment variable CHROMIUM"
        )
    print(found)


if __name__ == "__main__":
    main()
