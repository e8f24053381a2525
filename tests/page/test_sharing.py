"""What is seen can be taken along: as a link, a picture, numbers, and in another page."""

import csv
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.page.api import Api
from tests.page.visit import Visit, Visiting

SMALL: dict[str, Any] = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2}
PNG = b"\x89PNG\r\n\x1a\n"
STEERS = re.compile("Start|Stop|Pause|Resume|Step|Delete|Pin|Present")

FRAMED = """(src) => {
  const frame = document.createElement('iframe');
  Object.assign(frame, { src, width: 700, height: 400 });
  document.body.replaceChildren(frame);
}"""

CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture
def runs(api: Api) -> dict[str, list[float | str]]:
    """Three runs that have ended, one of them not well: their losses."""
    specs: dict[str, dict[str, Any]] = {
        "one <b>&": {"update": {"rule": "sgd", "lr": 1e-4}},
        "two": {"update": {"rule": "sgd", "lr": 1e-3}},
        "=wild": {"update": {"rule": "sgd", "lr": 10}, "on_nonfinite": "continue"},
    }
    for name, spec in specs.items():
        api.start(name, iterations=40, **SMALL, **spec)
    return {name: api.losses(name) for name in specs}


def chosen(page: Page, item: str) -> None:
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def saved(page: Page, item: str) -> tuple[str, bytes]:
    """The file that an item of the menu saves: its name, its content."""
    with page.expect_download() as download:
        chosen(page, item)
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def numbers(losses: list[float | str]) -> list[float]:
    return [float(loss) for loss in losses]


def test_pictures_and_numbers_are_those_that_are_seen(
    visit: Visit, runs: dict[str, list[float | str]]
) -> None:
    for name in runs:
        visit.until_points(name, 40)
    page = visit.page

    name, content = saved(page, "Drawing (SVG)")
    assert re.fullmatch(r"reluscope-losses-3-runs-\d{4}-\d\d-\d\d-\d{6}\.svg", name)
    texts = {element.text for element in ET.fromstring(content).iter() if element.text}
    assert {*runs, "loss", "iteration"} <= texts
    assert any("Not finite" in text for text in texts)

    visit.button("Side by side").click()
    expect(visit.charts).to_have_count(3)
    name, content = saved(page, "Picture (PNG)")
    assert name.endswith(".png")
    assert content.startswith(PNG)

    visit.row("two").shown.uncheck()
    visit.until(lambda: "two" not in visit.drawn(), "two curves")
    _, content = saved(page, "What is seen, as CSV")
    head, *rows = csv.reader(io.StringIO(content.decode()))
    assert head == ["iteration", "one <b>&", "'=wild"]
    for column, of in ((1, "one <b>&"), (2, "=wild")):
        told = [float(row[column]) for row in rows]
        assert np.array_equal(told, numbers(runs[of]), equal_nan=True)

    _, content = saved(page, "What is seen, as JSON")
    told = json.loads(content)
    assert {run["title"]: run["losses"] for run in told["runs"]} == {
        name: losses for name, losses in runs.items() if name != "two"
    }


def test_a_link_shows_the_same_runs_in_the_same_way(
    visiting: Visiting, api: Api, runs: dict[str, list[float | str]]
) -> None:
    visit = visiting(api.url)
    visit.context.grant_permissions(CLIPBOARD)
    visit.row("two").shown.uncheck()
    visit.button("Linear").click()
    visit.until(lambda: set(visit.drawn()) == set(runs) - {"two"}, "two curves")
    chosen(visit.page, "Copy link to this view")
    expect(visit.page.get_by_text("The link is copied.")).to_be_visible()
    link = visit.page.evaluate("navigator.clipboard.readText()")

    other = visiting(link)
    other.until(lambda: set(other.drawn()) == set(runs) - {"two"}, "the same curves")
    expect(other.button("Linear")).to_have_attribute("aria-pressed", "true")

    chosen(visit.page, "Copy HTML to embed it")
    expect(visit.page.get_by_text("The HTML is copied.")).to_be_visible()
    html = visit.page.evaluate("navigator.clipboard.readText()")
    assert html.startswith("<iframe ")
    assert "embed=1" in html


def test_two_runs_that_an_address_names_are_waited_for_and_not_replaced(
    visiting: Visiting, api: Api, runs: dict[str, list[float | str]]
) -> None:
    one = api.run("two")["id"][:8]
    query = f"layout=difference&pair={one}.00000000"
    visit = visiting(f"{api.url}/?{query}")
    first, second = (
        visit.page.get_by_label(label, exact=True)
        for label in ("One run", "The run that it is compared with")
    )
    expect(first.locator("option")).to_have_count(len(runs))
    expect(visit.charts.get_by_text("Pick two runs")).to_be_visible()
    visit.button("Linear").click()
    visit.until(lambda: "scale=linear" in visit.page.url, "the address to follow")
    assert f"pair={one}.00000000" in visit.page.url
    second.select_option("=wild")
    visit.until(visit.drawn, "a difference")
    expect(first.locator("option:checked")).to_have_text("two")


def test_the_server_s_own_files_of_one_run(
    visit: Visit, api: Api, runs: dict[str, list[float | str]]
) -> None:
    for name in list(runs)[1:]:
        visit.row(name).shown.uncheck()
    losses = numbers(runs["one <b>&"])
    visit.until(lambda: set(visit.drawn()) == {"one <b>&"}, "one curve")

    _, content = saved(visit.page, "All losses as CSV")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [float(row["loss"]) for row in rows] == losses
    _, content = saved(visit.page, "All losses for NumPy (.npy)")
    assert np.load(io.BytesIO(content)).tolist() == losses
    _, content = saved(visit.page, "All losses as Parquet")
    assert content.startswith(b"PAR1")
    _, content = saved(visit.page, "The run whole (.zip)")
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert f"{api.run('one <b>&')['id']}/losses.npy" in names


def test_the_menu_is_gone_through_by_keys(visit: Visit) -> None:
    page = visit.page
    share = visit.button("Share")
    items = page.get_by_role("menuitem")
    share.press("Enter")
    expect(items.first).to_be_focused()
    expect(share).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(items.last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(items.first).to_be_hidden()
    expect(share).to_be_focused()
    share.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("Tab")
    expect(items.first).to_be_hidden()
    chosen(page, "What is seen, as CSV")
    expect(page.get_by_role("alert")).to_have_text(re.compile("nothing to save"))


class Site:
    """Another site, with one page that frames whatever it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        handler = partial(Quiet, directory=str(folder))
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def frame(self, page: Page, url: str) -> None:
        (self.folder / "index.html").write_text(f'<iframe src="{url}" width="700" height="400">')
        page.goto(self.url)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    site = Site(folder)
    yield site
    site.close()


def test_an_embedded_page_shows_the_charts_alone_and_on_no_site_but_its_own(
    visiting: Visiting, api: Api, site: Site
) -> None:
    api.start("mine", iterations=40, **SMALL)
    visit = visiting(api.url)
    page = visit.page
    page.evaluate(FRAMED, f"{api.url}/?embed=1")
    frame = page.frame_locator("iframe")
    expect(frame.locator(".scatterlayer .trace")).to_have_count(1)
    expect(frame.get_by_role("list", name="Runs")).to_have_text("mine")
    expect(frame.get_by_role("button", name=STEERS)).to_have_count(0)
    expect(frame.get_by_role("button", name="Share")).to_have_count(0)
    expect(frame.get_by_role("table")).to_have_count(0)
    with visit.context.expect_page() as opened:
        frame.get_by_role("link", name="Open in reluscope").click()
    expect(opened.value.get_by_role("button", name="Share", exact=True)).to_be_visible()

    abroad = visit.context.browser.new_page()
    with abroad.expect_console_message(lambda said: "frame-ancestors" in said.text):
        site.frame(abroad, f"{api.url}/?embed=1")
    abroad.close()
