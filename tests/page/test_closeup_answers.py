"""Answers of the server that come late: after the person has gone on to another run, or has asked for
something else. Each is of the run that it was asked of, and of no other."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.page.api import Api
from tests.page.test_closeup import SMALL, Closeup
from tests.page.visit import Visit


@pytest.fixture
def pair(visit: Visit, api: Api) -> tuple[Closeup, str, str]:
    """The second of two runs close up; below it in the table is the first."""
    first, second = (api.start(name, iterations=100_000, pace=5, **SMALL) for name in ("a", "b"))
    closeup = Closeup(visit).open(second)
    expect(closeup.state).to_have_text("running")
    return closeup, first, second


def held(visit: Visit, method: str, pattern: str) -> Callable[[], None]:
    """Hold requests; what comes back lets them go, and waits for the last of their answers."""
    routes: list[Route] = []
    is_over = False

    def hold(route: Route) -> None:
        if is_over or route.request.method != method:
            route.fallback()
        else:
            routes.append(route)

    def let_go() -> None:
        nonlocal is_over
        visit.until(lambda: routes, f"a request {method} {pattern}")
        is_over = True
        for route in routes[:-1]:
            route.continue_()
        with visit.page.expect_event("requestfinished", lambda done: done == routes[-1].request):
            routes[-1].continue_()

    visit.page.route(pattern, hold)
    return let_go


def other(closeup: Closeup) -> None:
    """Go on to the other run."""
    closeup.visit.row("a").name_button.click()
    expect(closeup.title).to_have_text("a")


def test_what_is_made_of_a_run_is_not_told_of_another(
    visit: Visit, api: Api, pair: tuple[Closeup, str, str]
) -> None:
    closeup, *_ = pair
    form = closeup.element.get_by_role("form", name="Fork")
    let_go = held(visit, "POST", "**/replay")
    closeup.button("Replay").click()
    other(closeup)
    let_go()
    let_go = held(visit, "POST", "**/fork")
    visit.row("b").name_button.first.click()
    expect(closeup.title).to_have_text("b")
    closeup.button("Fork…").click()
    form.get_by_role("button", name="Fork").dblclick()
    other(closeup)
    closeup.button("Fork…").click()
    form.get_by_label("How many").fill("7")
    let_go()
    visit.until(lambda: len(api.runs()) == 4, "a replay and one fork")
    expect(visit.row("b").element).to_have_count(3)
    expect(form.get_by_label("How many")).to_have_value("7")
    expect(closeup.element.get_by_text("started:")).to_have_count(0)


def test_a_refusal_is_not_told_of_another_run(visit: Visit, pair: tuple[Closeup, str, str]) -> None:
    closeup, *_ = pair
    visit.expect_console("status of 422")
    rate = closeup.element.get_by_label("Learning rate", exact=True)
    let_go = held(visit, "PATCH", "**/api/runs/*")
    rate.fill("-1")
    rate.press("Enter")
    pace = closeup.element.get_by_label("Iterations a second")
    pace.fill("-1")
    pace.press("Enter")
    other(closeup)
    let_go()
    for field, value in ((rate, "1e-6"), (pace, "5")):
        expect(field).to_have_value(value)
        expect(field).not_to_have_attribute("aria-invalid", "true")


def test_the_last_pace_of_a_run_is_sent_though_another_got_one_meanwhile(
    visit: Visit, api: Api, pair: tuple[Closeup, str, str]
) -> None:
    closeup, *_ = pair
    pace = closeup.element.get_by_label("Iterations a second")
    let_go = held(visit, "PATCH", "**/api/runs/*")
    for wanted in ("6", "7"):
        pace.fill(wanted)
        pace.press("Enter")
    other(closeup)
    pace.fill("8")
    pace.press("Enter")
    let_go()
    for name, wanted in (("b", 7), ("a", 8)):
        visit.until(
            lambda name=name, wanted=wanted: api.run(name)["spec"]["pace"] == wanted,
            f"the pace of {name}",
        )


def test_a_check_is_of_the_relu_that_it_was_asked_of(visit: Visit, api: Api) -> None:
    api.start("a", relu="mask", iterations=5, **SMALL)
    closeup = Closeup(visit).open(api.start("b", relu="half_abs", iterations=5, **SMALL))
    closeup.tab("Checks").click()
    let_go = held(visit, "GET", "**/check")
    closeup.button("Check it").click()
    expect(closeup.button("Measuring…")).to_be_disabled()
    other(closeup)
    expect(closeup.panel.get_by_role("heading", name="mask on the server's torch")).to_be_visible()
    expect(closeup.button("Check it")).to_be_enabled()
    let_go()
    expect(closeup.button("Check it")).to_be_enabled()
    visit.row("b").name_button.click()
    expect(closeup.button("Check it again")).to_be_enabled()


def test_a_fork_is_begun_and_a_run_started_again_from_the_table(visit: Visit, api: Api) -> None:
    api.start("a", iterations=33, **SMALL)
    closeup = Closeup(visit).open(api.start("b", iterations=44, **SMALL))
    expect(visit.row("a").state).to_have_text("finished")
    form = closeup.element.get_by_role("form", name="Fork")

    visit.row("a").menu("Fork")
    expect(closeup.title).to_have_text("a")
    expect(form.get_by_label("From iteration")).to_be_focused()
    form.get_by_label("How many").fill("2")
    visit.row("a").menu("Fork")
    expect(form.get_by_label("From iteration")).to_be_focused()
    expect(form.get_by_label("How many")).to_have_value("2")
    expect(closeup.button("Fork…")).to_have_attribute("aria-expanded", "true")
    visit.page.keyboard.press("Escape")
    expect(closeup.button("Fork…")).to_be_focused()
    expect(closeup.button("Fork…")).to_have_attribute("aria-expanded", "false")

    visit.row("b").menu("Start again with changes")
    expect(visit.field("Iterations")).to_have_value("44")
    expect(visit.relu("clamp")).to_be_focused()
