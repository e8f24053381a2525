"""Whatever becomes of the connection, the page catches up: no point missing, none doubled."""

import re
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.house.serving import serving
from tests.page.api import COMMAND, Api
from tests.page.network import Network, port_of
from tests.page.visit import AUTOGRAD, CONNECTED, CUSTOM_FUNCTION, LOST, Visit, Visiting

NOT_CONNECTED = re.compile(r"^not connected")

REMEMBER_STATUS = """() => {
  window.told = [];
  const connection = document.querySelector('.connection');
  new MutationObserver(() => told.push(connection.textContent)).observe(connection, { childList: true });
}"""

SILENCE_S = 12
PING_S = 5
"""The page's own limits: how long it trusts a silent connection, and how often it looks."""

BUSY_S = 8
"""What a busy machine may add to that."""


@pytest.fixture
def far(visiting: Visiting, network: Network) -> Visit:
    """A visit over a network that may fail."""
    visit = visiting(network.url)
    visit.expect_console(LOST)
    return visit


def finish(visit: Visit, api: Api, name: str) -> None:
    """Stop a run; what is drawn of it in the end is all of it."""
    visit.row(name).press("Stop")
    expect(visit.row(name).state).to_have_text("stopped")
    visit.until_complete(name, api.losses(name))


def test_a_page_reloaded_in_the_middle_has_the_whole_curve(visit: Visit, api: Api) -> None:
    api.start("mine", iterations=5000, pace=100)
    before = visit.until_points("mine", 50)

    visit.page.reload()

    visit.until_points("mine", before + 50)
    visit.page.reload()
    visit.until_points("mine", before + 100)
    finish(visit, api, "mine")


def test_a_page_that_is_opened_late_has_the_whole_curve(visiting: Visiting, api: Api) -> None:
    api.start("mine", iterations=300)
    visit = visiting(api.url)
    expect(visit.row("mine").state).to_have_text("finished")
    visit.until_complete("mine", api.losses("mine"))


def test_two_pages_see_the_same(visiting: Visiting, api: Api) -> None:
    first, second = visiting(api.url), visiting(api.url)
    first.start(AUTOGRAD)
    second.until_points(AUTOGRAD, 20)
    second.row(AUTOGRAD).press("Stop")
    for visit in (first, second):
        expect(visit.row(AUTOGRAD).state).to_have_text("stopped")
        visit.until_complete(AUTOGRAD, api.losses(AUTOGRAD))


def test_a_connection_cut_at_any_byte_costs_no_point_and_doubles_none(
    far: Visit, api: Api, network: Network
) -> None:
    random = Random(0)
    network.allowances = iter([random.randint(100, 4000) for _ in range(8)])
    api.start("mine", iterations=50_000, pace=200)
    far.until_points("mine", 5)
    network.cut()
    far.until(lambda: network.cuts == 8, "eight cuts")
    expect(far.status).to_contain_text(CONNECTED)
    far.until_points("mine", api.run("mine")["iteration"])
    finish(far, api, "mine")


def test_the_page_says_that_it_is_not_connected_and_comes_back(
    far: Visit, api: Api, network: Network
) -> None:
    api.start("mine", iterations=50_000, pace=100)
    far.until_points("mine", 5)

    expect(far.row("mine").state).to_have_text("running")
    running = far.row("mine").state.evaluate("state => getComputedStyle(state).color")

    far.page.evaluate(REMEMBER_STATUS)
    tried = len(far.sockets)
    network.down = True
    network.cut()

    far.until(lambda: len(far.sockets) > tried + 2, "the page to try again")
    assert far.page.evaluate("() => told") == ["not connected, trying again…"]
    expect(far.status).to_contain_text(NOT_CONNECTED)
    state = far.row("mine").state
    expect(state).not_to_have_css("color", running)  # nobody knows
    far.row("mine").press("Pause")
    refusal = far.page.get_by_role("alert").filter(has_text="the server cannot be reached")
    expect(refusal).to_be_visible()

    network.down = False

    expect(far.status).to_contain_text(CONNECTED)
    expect(refusal).to_be_hidden()
    expect(state).to_have_css("color", running)
    finish(far, api, "mine")
    expect(far.page.get_by_text("the server cannot be reached")).to_be_hidden()


def test_what_became_of_runs_meanwhile_is_learnt(far: Visit, api: Api, network: Network) -> None:
    shown, hidden, stopped = (
        api.start(name, iterations=50_000, pace=50) for name in ("shown", "hidden", "stopped")
    )
    far.until_points("stopped", 2)
    far.row("hidden").shown.uncheck()
    network.down = True
    network.cut()
    expect(far.status).to_contain_text(NOT_CONNECTED)
    api.ask(stopped, "stop")
    for gone in (shown, hidden):
        api.delete(gone)
    api.start("new", iterations=10)

    network.down = False

    expect(far.row("stopped").state).to_have_text("stopped")
    expect(far.row("new").state).to_have_text("finished")
    expect(far.row("shown").element).to_have_count(0)
    expect(far.row("hidden").element).to_have_count(0)
    far.until(lambda: set(far.drawn()) == {"stopped", "new"}, "the curves of what is there")
    far.until_complete("stopped", api.losses("stopped"))


def test_a_connection_that_falls_silent_is_given_up(far: Visit, api: Api, network: Network) -> None:
    api.start("mine", iterations=50_000, pace=50)
    seen = far.until_points("mine", 5)

    network.fall_silent()
    silent_at = time.monotonic()

    seen = max(seen, far.points("mine"))
    far.until_points("mine", seen + 100)
    assert time.monotonic() - silent_at < SILENCE_S + PING_S + BUSY_S
    expect(far.status).to_contain_text(CONNECTED)
    finish(far, api, "mine")


def test_a_network_that_is_back_is_used_at_once(far: Visit, api: Api, network: Network) -> None:
    api.start("mine", iterations=50_000, pace=50)
    seen = far.until_points("mine", 5)

    network.fall_silent()
    far.context.set_offline(True)
    far.context.set_offline(False)
    back_at = time.monotonic()

    far.until_points("mine", seen + 50)
    assert time.monotonic() - back_at < SILENCE_S - PING_S
    finish(far, api, "mine")


@pytest.mark.usefixtures("api")
def test_after_a_restart_of_the_server_the_page_starts_anew_by_itself(
    visiting: Visiting, tmp_path: Path
) -> None:
    with ExitStack() as servers:
        network = Network()
        servers.callback(network.close)
        command = [*COMMAND, "--allow-host", network.host]
        first = servers.enter_context(serving(command, folder(tmp_path / "first")))
        network.port = port_of(first.url)
        visit = visiting(network.url)
        visit.expect_console(LOST)
        visit.start(AUTOGRAD)
        visit.start(CUSTOM_FUNCTION)
        visit.until_points(CUSTOM_FUNCTION, 5)
        visit.row(CUSTOM_FUNCTION).shown.uncheck()

        network.down = True
        network.cut()
        expect(visit.status).to_contain_text(NOT_CONNECTED)
        second = servers.enter_context(serving(command, folder(tmp_path / "second")))
        network.port = port_of(second.url)
        network.down = False

        expect(visit.status).to_contain_text(CONNECTED)
        expect(visit.page.get_by_text("No run yet")).to_be_visible()
        expect(visit.page.get_by_role("alert")).to_contain_text(
            "2 runs are no longer on the server"
        )
        visit.until(lambda: not visit.drawn(), "an empty chart")
        expect(visit.status).to_contain_text("nothing running")
        visit.start(AUTOGRAD)
        visit.until_points(AUTOGRAD, 5)


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_page_that_is_behind_says_so_until_it_has_caught_up(visit: Visit, api: Api) -> None:
    api.start("long", iterations=60_000, gradients="gram", n=8, d_in=10, hidden=10, d_out=2)
    expect(visit.row("long").state).to_have_text("finished")
    held: list[tuple[WebSocketRoute, bytes]] = []

    def route(page: WebSocketRoute) -> None:
        """Losses are held on their way; all else passes."""
        server = page.connect_to_server()
        page.on_message(server.send)
        server.on_message(
            lambda message: (
                held.append((page, message)) if isinstance(message, bytes) else page.send(message)
            )
        )

    visit.route_sockets(route)
    visit.page.reload()

    expect(visit.status).to_contain_text("behind, catching up: 0 %")
    visit.page.evaluate(REMEMBER_STATUS)
    visit.until(lambda: len(held) >= 2, "more than one message")
    page, first = held.pop(0)
    page.send(first)
    expect(visit.status).to_contain_text(re.compile(r"behind, catching up: [1-9]\d? %"))
    for page, message in held:
        page.send(message)
    expect(visit.status).to_contain_text(CONNECTED)
    # That it begins and ends is read aloud, and not each step between.
    assert visit.page.evaluate("() => told") == ["connected"]
    expect(visit.status.locator(".share")).to_have_attribute("aria-live", "off")
    visit.until(lambda: visit.drawn()["long"]["x"][-1] == 59_999, "the last iteration")
