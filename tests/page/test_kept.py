"""What is kept: runs, which are told of where they cannot be stored, and of which a server that was cut
off costs no curve; and a little in the browser, which may refuse to."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.house.serving import Server, serving
from tests.page.api import COMMAND, Api
from tests.page.visit import CONNECTED, LOST, Visit, Visiting

NAMES = ("one", "two")


KEEPS_NOTHING = """
  for (const name of ['localStorage', 'sessionStorage'])
    Object.defineProperty(window, name, {
      get: () => { throw new DOMException(name, 'SecurityError'); },
    });
"""


class Mains:
    """A server whose power may be cut; when it is back, it has the same port and data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._servers = ExitStack()
        self._server = self._start(COMMAND)
        self.url = self._server.url

    def cut(self) -> None:
        self._server.kill()

    def restore(self, *options: str) -> None:
        port = str(urlsplit(self.url).port)
        self._server = self._start([*COMMAND, "--port", port, *options])

    def close(self) -> None:
        self._servers.close()

    def _start(self, command: list[str]) -> Server:
        return self._servers.enter_context(serving(command, self._folder))


@pytest.fixture
def mains(tmp_path: Path) -> Iterator[Mains]:
    mains = Mains(tmp_path)
    yield mains
    mains.close()


@pytest.fixture
def kept(mains: Mains) -> Iterator[Api]:
    api = Api(mains.url)
    yield api
    api.close()


@pytest.fixture
def visit(visiting: Visiting, mains: Mains) -> Visit:
    visit = visiting(mains.url)
    visit.expect_console(LOST)
    return visit


def cut_off(mains: Mains, api: Api, visit: Visit, iterations: int) -> dict[str, int]:
    """Cut the power while two runs train; the points that are drawn of each then."""
    for name in NAMES:
        api.start(name, iterations=iterations, pace=100)
    for name in NAMES:
        visit.until_points(name, 60)
    mains.cut()
    expect(visit.status).to_contain_text("not connected")
    return {name: visit.points(name) for name in NAMES}


def test_that_runs_cannot_be_stored_is_told_until_they_can(
    visiting: Visiting, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with serving(COMMAND, tmp_path, {"RELUSCOPE_DATA": str(in_the_way / "data")}) as server:
        api = Api(server.url)
        visit = visiting(server.url)
        visit.expect_console(LOST)  # the server ends before the page is closed
        warning = visit.status.get_by_text("not stored: ")
        expect(warning).to_be_visible()
        expect(warning).to_contain_text(str(in_the_way))
        api.start("mine", iterations=60)
        expect(visit.row("mine").state).to_have_text("finished")
        visit.until_complete("mine", api.losses("mine"))

        visit.page.reload()
        expect(visit.status).to_contain_text(CONNECTED)
        expect(warning).to_be_visible()

        in_the_way.unlink()
        in_the_way.mkdir()

        expect(warning).to_have_count(0)
        expect(visit.status).to_contain_text(CONNECTED)
        api.close()


def test_of_the_store_nothing_is_said_while_the_server_cannot_be_heard(
    visiting: Visiting, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with serving(COMMAND, tmp_path, {"RELUSCOPE_DATA": str(in_the_way / "data")}) as server:
        visit = visiting(server.url)
        visit.expect_console(LOST)
        warning = visit.status.get_by_text("not stored: ")
        expect(warning).to_be_visible()

        server.kill()

        expect(visit.status).to_contain_text("not connected")
        expect(warning).to_have_count(0)


def test_curves_go_on_to_their_end_where_the_power_was_cut(
    mains: Mains, kept: Api, visit: Visit
) -> None:
    before = cut_off(mains, kept, visit, iterations=400)

    mains.restore()

    expect(visit.status).to_contain_text(CONNECTED)
    assert all(visit.points(name) >= before[name] for name in NAMES)
    for name in NAMES:
        expect(visit.row(name).state).to_have_text("finished")
        visit.until_complete(name, kept.losses(name))
    visit.page.reload()
    for name in NAMES:
        visit.until_complete(name, kept.losses(name))
    expect(visit.page.get_by_role("alert")).to_be_hidden()


def test_an_interrupted_run_goes_on_once_it_is_asked_to(
    mains: Mains, kept: Api, visit: Visit
) -> None:
    cut_off(mains, kept, visit, iterations=400)
    mains.restore("--resume", "never")
    one, two = (visit.row(name) for name in NAMES)
    for row in (one, two):
        expect(row.state).to_have_text("interrupted")
        expect(row.reason).to_contain_text("the server was cut off")
        expect(row.button("Pause")).to_be_hidden()
        for cell in row.element.get_by_role("cell").all():
            assert cell.evaluate("cell => cell.scrollWidth - cell.clientWidth") <= 0
        for offered in ("Resume", "Stop", "Delete"):
            expect(row.button(offered)).to_be_visible()
    expect(visit.button("Pause all")).to_be_disabled()
    expect(visit.button("Delete ended")).to_be_disabled()

    two.press("Stop")
    expect(two.state).to_have_text("stopped")
    expect(two.button("Resume")).to_be_hidden()

    one.press("Resume")
    expect(one.state).to_have_text("finished")
    expect(one.reason).to_have_text("")
    visit.until_complete("one", kept.losses("one"))
    expect(visit.button("Resume all")).to_be_disabled()


def test_in_a_browser_that_refuses_to_keep_anything_all_works(visiting: Visiting, api: Api) -> None:
    visit = visiting(api.url, opens=False)
    visit.begin_with(KEEPS_NOTHING)
    visit.open()
    visit.page.get_by_label("Colours").select_option("Dark")
    assert visit.page.evaluate("() => document.documentElement.style.colorScheme") == "dark"
    visit.button("Keyboard shortcuts").click()
    visit.page.get_by_label("Keys act by themselves").uncheck()
    visit.page.keyboard.press("Escape")
    visit.button("Keyboard shortcuts").click()
    expect(visit.page.get_by_label("Keys act by themselves")).not_to_be_checked()
    visit.page.keyboard.press("Escape")
    visit.button("Present").click()
    visit.button("Stop presenting").click()
    expect(visit.button("Present")).to_be_visible()
    visit.check()
