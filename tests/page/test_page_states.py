"""What is there before anything is, and where something is missing; and what is told as it changes."""

import re

from playwright.sync_api import Route, WebSocketRoute, expect

from tests.page.api import Api
from tests.page.visit import CONNECTED, Visit, Visiting

SMALL = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2}

MOTION = """() => document.getAnimations().filter(({ effect }) => effect.getTiming().duration > 1).concat([...document.querySelectorAll('*')]
  .filter((element) => {
    const { transitionDuration, animationName, animationDuration } = getComputedStyle(element);
    const longest = (durations) => Math.max(...durations.split(', ').map(parseFloat));
    return longest(transitionDuration) > 0.001 ||
      (animationName !== 'none' && longest(animationDuration) > 0.001);
  })).length"""
"""What moves, or would."""


def test_before_the_server_has_answered_the_page_says_that_it_waits(
    visiting: Visiting, api: Api
) -> None:
    visit = visiting(api.url, opens=False)
    page = visit.page
    held: list[Route] = []
    page.route("**/api/catalog", lambda route: held.append(route))  # noqa: PLW0108 - it cannot take a method
    visit.route_sockets(lambda _: None)  # no server behind it
    page.goto(api.url)
    waiting = page.get_by_role("complementary", name="Start runs").get_by_text(
        "Waiting for the server…"
    )
    expect(waiting).to_be_visible()
    expect(page.get_by_text("Losses appear here as they come.")).to_be_visible()
    expect(page.get_by_role("button", name="Start", exact=True)).to_have_count(0)

    visit.until(lambda: held, "the request")
    held[0].continue_()
    expect(waiting).to_have_count(0)
    expect(visit.form.get_by_role("button", name="Start", exact=True)).to_be_visible()


def test_a_catalog_that_fails_at_first_is_asked_for_again(visiting: Visiting, api: Api) -> None:
    visit = visiting(api.url, opens=False)
    visit.expect_console("status of 503")
    refused: list[Route] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route)
        route.fulfill(status=503, json={"detail": "not yet"})

    visit.page.route("**/api/catalog", refuse_once)
    visit.open()
    assert refused


def test_a_chart_without_plotly_says_so_and_tries_again(visiting: Visiting, api: Api) -> None:
    api.start("mine", iterations=30, **SMALL)
    visit = visiting(api.url, opens=False)
    visit.expect_console("net::ERR_|status of 500|plotly")
    visit.page.route("**/vendor/plotly.js", lambda route: route.fulfill(status=500))
    visit.open()
    expect(visit.page.get_by_text("plotly.js could not be loaded; trying again")).to_be_visible()
    visit.page.unroute("**/vendor/plotly.js")
    visit.until_complete("mine", api.losses("mine"))
    expect(visit.page.get_by_text("plotly.js could not be loaded")).to_be_hidden()


def test_who_wants_no_motion_gets_none(visiting: Visiting, api: Api) -> None:
    moving, still = (
        visiting(f"{api.url}/?group=relu", reduced_motion=wanted)
        for wanted in ("no-preference", "reduce")
    )
    api.start("mine", iterations=30, **SMALL)
    for visit in (moving, still):
        expect(visit.row("mine").state).to_have_text("finished")
        visit.until(visit.drawn, "a curve")
    assert moving.page.evaluate(MOTION) > 0  # so that there is something to be held still
    assert still.page.evaluate(MOTION) == 0


def test_the_words_for_a_chart_go_along_with_what_is_seen(visit: Visit, api: Api) -> None:
    run_id = api.start("mine", iterations=5000, pace=50, **SMALL)
    visit.until_points("mine", 2)
    plot = visit.charts.get_by_role("group").first

    def iteration() -> int:
        said = plot.evaluate(
            "plot => plot.ownerDocument.getElementById(plot.getAttribute('aria-describedby')).textContent"
        )
        found = re.match(r"mine: running, iteration ([\d,]+) of 5,000, loss [\d.e+-]+\.$", said)
        return int(found[1].replace(",", "")) if found else 0

    first = visit.until(iteration, "words")
    visit.until(lambda: iteration() > first, "newer words")
    api.ask(run_id, "stop")
    expect(plot).to_have_accessible_description(re.compile(r"^mine: stopped, iteration"))
    api.start("other", iterations=20, **SMALL)
    expect(plot).to_have_accessible_description(
        re.compile(r"^mine: stopped, .*\. other: finished, iteration 20 of 20, loss [\d.e-]+\.$")
    )


def test_numbers_are_told_as_people_write_them(visit: Visit, api: Api) -> None:
    run_id = api.start("mine", iterations=1_234_567, pace=1, **SMALL)
    row = visit.row("mine")
    expect(row.element.locator(".progress, .iteration").first).to_contain_text("/ 1,234,567")
    visit.page.goto(f"{api.url}/?run={run_id[:8]}&layout=grid")
    expect(row.state).to_have_text("running")
    expect(row.loss).to_have_text(re.compile(r"^\d{1,3}(\.\d+)?$|^\d\.\d+e[+-]?\d+$"))
    expect(visit.page.locator("[data-figure='iteration']")).to_contain_text("1,234,567")
    expect(visit.status).to_contain_text(re.compile(r"newest point (\d{1,3} ms|\d+(\.\d)? s) old"))


def test_after_a_reconnect_it_is_told_how_far_it_has_caught_up(visit: Visit, api: Api) -> None:
    held: list[bytes] = []
    ends: list[WebSocketRoute] = []
    is_over = False

    def route(page: WebSocketRoute) -> None:
        ends.append(page)
        server = page.connect_to_server()
        page.on_message(server.send)
        holds = len(ends) > 1

        def tell(told: str | bytes) -> None:
            if holds and not is_over and isinstance(told, bytes):
                held.append(told)
            else:
                page.send(told)

        server.on_message(tell)

    visit.route_sockets(route)
    visit.page.reload()
    run_id = api.start("mine", iterations=100_000, pace=20, **SMALL)
    visit.until_points("mine", 5)
    ends[0].close()
    api.change(run_id, pace=4000)  # so that what comes of it comes in many pieces
    visit.until(lambda: api.run("mine")["iteration"] > 8000, "far more than may be under way")
    api.ask(run_id, "stop")
    expect(visit.status).to_contain_text("behind, catching up: 0 %")
    visit.until(lambda: len(held) > 8, "some pieces")

    def is_on_the_way() -> bool:
        ends[1].send(held.pop(0))
        return bool(re.search(r"behind, catching up: [1-9]\d? %", visit.status.inner_text()))

    visit.until(is_on_the_way, "a part of the way")
    is_over = True
    for told in held:
        ends[1].send(told)
    expect(visit.status).to_contain_text(CONNECTED)
    last = api.run("mine")["iteration"] - 1
    visit.until(lambda: visit.drawn()["mine"]["x"][-1] == last, "the last iteration")
