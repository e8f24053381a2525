"""Take the README's picture of the real page, with runs in mid-flight.

`python tests/page/screenshot.py` writes screenshot.png beside this file; `--all FOLDER` takes more
views into a folder.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # so that it can be called by its path

from tests.house.serving import serving  # noqa: E402
from tests.page import chromium  # noqa: E402

PICTURE = Path(__file__).parent / "screenshot.png"
MAX_BYTES = 300_000

DESK = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1.5}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}

SCREENS = {
    "light": DESK,
    "dark": {**DESK, "color_scheme": "dark"},
    "phone": {**PHONE, "is_mobile": True, "has_touch": True},
}

VIEWS = {
    "overlay": ("", "#charts"),
    "smoothed": ("?smoothing=0.9&scale=linear", "#charts"),
    "side-by-side": ("?layout=grid&axes=shared", "#charts"),
    "difference": ("?layout=difference", "#charts"),
    "groups": ("?group=relu", "#runs"),
    "start": ("", "#form"),
    "close-up": ("?run={run}", "#closeup"),
    "embedded": ("?embed=1", "#charts"),
}
"""By the query of the address, and what of it is in the picture."""

MORE_RUNS = [
    {"relu": "relu", "update": {"rule": "sgd", "lr": 3e-6}},
    {"relu": "relu", "update": {"rule": "sgd", "lr": 2e-7}},
    {"relu": "clamp", "update": {"rule": "manual_data", "lr": 5e-7}},
]
PACE = 50
SHARE = 0.6
"""How far the runs are when the picture is taken."""

DEADLINE_S = 60.0


def until(page: Page, look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not look():
        if time.monotonic() > deadline:
            sys.exit(f"waited {DEADLINE_S} s in vain for {what}")
        page.wait_for_timeout(50)


def drawn(page: Page) -> list[int]:
    """The points drawn of each curve that can be seen."""
    points: list[int] = page.evaluate(
        "() => [...document.querySelectorAll('.plot')].flatMap((plot) => (plot.data ?? [])"
        ".filter((trace) => !trace.text).map((trace) => trace.x.length))"
    )
    return points


def view(browser: Browser, url: str, **options: object) -> Page:
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    page.goto(url)
    page.locator(".chart").first.wait_for(state="attached")
    return page


def start_runs(page: Page, url: str) -> int:
    """Start all of them, a few iterations apart; how many there are."""
    for spec in MORE_RUNS:
        httpx.post(f"{url}/api/runs", json={**spec, "pace": PACE}, trust_env=False)
    presets = page.get_by_role("region", name="The two tutorials")
    for start in presets.get_by_role("button", name="Start").all():
        start.click()
    return len(MORE_RUNS) + presets.get_by_role("article").count()


def take(browser: Browser, url: str, folder: Path | None) -> None:
    page = view(browser, url, **DESK)
    runs = start_runs(page, url)
    until(
        page,
        lambda: len(drawn(page)) == runs and min(drawn(page)) > SHARE * 500,
        "the curves",
    )
    page.mouse.move(0, 0)
    page.screenshot(path=PICTURE)
    print(PICTURE, f"{PICTURE.stat().st_size:,} bytes")
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / "whole-page.png", full_page=True)
    run = httpx.get(f"{url}/api/runs?limit=1", trust_env=False).json()["runs"][0]["id"][:8]
    for name, (query, part) in VIEWS.items():
        for kind, options in SCREENS.items():
            other = view(browser, url + query.format(run=run), **options)
            other.locator(".chart").first.scroll_into_view_if_needed()
            until(other, lambda page=other: len(drawn(page)) > 0 and min(drawn(page)) > 10, name)
            other.locator(part).evaluate("(part) => part.scrollIntoView()")
            other.wait_for_timeout(500)  # for what comes by itself, such as the cards' curves
            other.screenshot(path=folder / f"{name}-{kind}.png")
            other.context.close()
    print(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description="Take a picture of the real page.")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="more views, into a folder")
    given = parser.parse_args()
    found = chromium.find()
    if found is None:
        sys.exit("no Chromium was found: python tests/page/chromium.py finds or installs one")
    command = [sys.executable, "-m", "reluscope", "--port", "0"]
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(command, Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=found, args=list(chromium.FLAGS))
        take(browser, server.url, given.all)
        browser.close()
    if PICTURE.stat().st_size > MAX_BYTES:
        sys.exit(f"{PICTURE} is larger than {MAX_BYTES:,} bytes")


if __name__ == "__main__":
    main()
