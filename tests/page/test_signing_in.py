"""A server that wants tokens, and the page that shows them."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.house.serving import serving
from tests.page.api import COMMAND
from tests.page.test_access import assert_usable
from tests.page.visit import AUTOGRAD, CONNECTED, Visit, Visiting

OWNER, VIEWER, WRONG = "owner-0123456789", "viewer-0123456789", "wrong-0123456789"

SHORT = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2, "iterations": 200}

KEPT = "() => [document.cookie, location.href, ...Object.values({...localStorage, ...sessionStorage})].join(' ')"

REFUSED = r"status of 401"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    options = ["--token", OWNER, "--view-token", VIEWER]
    with serving([*COMMAND, *options], tmp_path_factory.mktemp("tokens")) as server:
        run = {"name": "seen", **SHORT}
        headers = {"Authorization": f"Bearer {OWNER}"}
        httpx.post(f"{server.url}/api/runs", json=run, headers=headers, trust_env=False)
        yield server.url


@pytest.fixture
def stranger(visiting: Visiting, url: str) -> Visit:
    """Somebody who has shown no token yet, in a browser of their own."""
    visit = visiting(url, opens=False)
    visit.context.clear_cookies()
    visit.is_altered = True
    return visit


def test_whoever_types_the_token_is_let_in(stranger: Visit, url: str) -> None:
    page = stranger.page
    page.goto(url)
    typed = page.get_by_label("Token", exact=True)
    expect(typed).to_be_focused()
    expect(page.get_by_role("table")).to_have_count(0)
    assert_usable(page, "before anybody has signed in")
    stranger.expect_console(REFUSED)
    typed.fill(f"\u200b{WRONG}")  # as it is pasted from some mails
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("none of this server's")
    typed.fill(OWNER)
    stranger.button("Enter").click()
    expect(stranger.status).to_contain_text(CONNECTED)
    stranger.start(AUTOGRAD)
    stranger.until_grown(AUTOGRAD)
    page.reload()
    expect(stranger.status).to_contain_text(CONNECTED)
    assert OWNER not in page.evaluate(KEPT)
    assert "reluscope-" not in page.evaluate(KEPT)  # no script reads the cookie


def test_a_link_with_the_view_token_shows_all_and_steers_nothing(stranger: Visit, url: str) -> None:
    page = stranger.page
    page.goto(f"{url}/?layout=grid#token={VIEWER}")
    expect(stranger.status).to_contain_text(CONNECTED)
    stranger.until(lambda: page.url == f"{url}/?layout=grid", "an address without the token")
    expect(stranger.row("seen").state).to_have_text("finished")
    stranger.until_points("seen", 100)
    expect(stranger.form).to_have_count(0)
    for name in ("New run", "Present", "Delete seen", "Fork seen", "More for seen", "Pin seen"):
        expect(stranger.button(name).and_(page.locator(":visible"))).to_have_count(0)
    page.keyboard.press("n")
    page.keyboard.press("k")
    stranger.row("seen").name_button.click()
    expect(page.get_by_text("This page only looks on")).to_be_visible()
    assert VIEWER not in page.evaluate(KEPT)

    page.goto(f"{url}/#token={OWNER}")
    expect(stranger.form.get_by_role("button", name="Start")).to_be_visible()


def test_whoever_was_let_in_may_come_by_another_sites_link(stranger: Visit, url: str) -> None:
    """On the way from there the browser has no cookie for anybody."""
    page = stranger.page
    page.goto(f"{url}/#token={VIEWER}")
    expect(stranger.status).to_contain_text(CONNECTED)
    page.goto(f"data:text/html,<a href='{url}/?layout=grid'>see</a>")
    page.get_by_role("link").click()
    expect(stranger.status).to_contain_text(CONNECTED)
    assert page.url == f"{url}/?layout=grid"


def test_a_link_with_a_token_that_is_wrong_asks_for_the_right_one(
    stranger: Visit, url: str
) -> None:
    stranger.expect_console(REFUSED)
    stranger.page.goto(f"{url}/#token={WRONG}")
    expect(stranger.page.get_by_role("alert")).to_contain_text("none of this server's")
    assert re.fullmatch(rf"{re.escape(url)}/", stranger.page.url)
