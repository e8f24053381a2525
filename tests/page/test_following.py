"""What a page that follows another does not offer, and who can follow at all."""

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.test_presenting import HERE, expect_told, following, presented
from tests.page.visit import Visit, Visiting

SMALL = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2, "iterations": 20}

HERE_ALONE = "This address works on this machine only."


def test_a_follower_is_offered_nothing_that_the_presenter_would_wipe(
    visiting: Visiting, visit: Visit, api: Api
) -> None:
    for relu in ("clamp", "where"):
        api.start(f"a {relu}", **SMALL, relu=relu)
    follower = following(visiting, presented(visit))
    expect_told(follower, HERE)
    runs = follower.page.locator("#runs")
    expect(runs.get_by_role("row")).to_have_count(3)
    for control in (
        runs.get_by_role("searchbox"),
        runs.get_by_role("combobox"),
        runs.get_by_role("button", name="Columns"),
        runs.get_by_label("Only what differs"),
        runs.get_by_role("columnheader").get_by_role("button"),
    ):
        expect(control).to_have_count(0)

    filtered = visit.page.get_by_role("searchbox", name="Filter")
    filtered.fill("relu:where")
    follower.until_names("a where")
    expect(runs).to_contain_text("1 of 2 runs · 2 on the charts")
    expect(runs.get_by_role("button", name="Show")).to_have_count(0)
    filtered.fill("relu:maximum")
    expect(runs.get_by_text("No run passes the filter.")).to_be_visible()
    expect(runs.get_by_role("button", name="Clear the filter")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 1920])
def test_the_header_of_a_follower_is_one_line(
    visiting: Visiting, visit: Visit, api: Api, width: int
) -> None:
    api.start("live", **{**SMALL, "iterations": 10_000, "pace": 20})
    options = {"viewport": {"width": width, "height": 900}}
    follower = following(visiting, presented(visit), **options)
    expect_told(follower, HERE)
    expect(follower.status).to_contain_text("newest point")
    one, other = (follower.page.locator(place).bounding_box() for place in ("h1", ".following"))
    assert one
    assert other
    assert abs((one["y"] + one["height"] / 2) - (other["y"] + other["height"] / 2)) < 12


def test_who_presents_at_a_loopback_address_is_told_that_nobody_else_gets_there(
    visit: Visit,
) -> None:
    presented(visit)
    visit.button("Presenting").click()
    told = visit.page.get_by_text(HERE_ALONE)
    expect(told).to_be_visible()
    expect(told).to_contain_text("reluscope --host 0.0.0.0 --allow-host")


def test_who_presents_at_another_address_is_not(visiting: Visiting, api: Api) -> None:
    """As a proxy would serve the page, at a name that other machines know."""
    visit = visiting(api.url, opens=False)
    name = api.url.replace("127.0.0.1", "relu.example")
    visit.page.route(
        f"{name}/**",
        lambda route: route.fulfill(
            response=visit.page.request.fetch(route.request.url.replace(name, api.url))
        ),
    )
    visit.expect_console("WebSocket")
    visit.url = name
    visit.page.goto(name)
    presented(visit)
    visit.button("Presenting").click()
    expect(visit.page.get_by_label("Link for followers")).to_have_value(
        f"{name}/?follow=" + visit.page.get_by_label("Link for followers").input_value()[-6:]
    )
    expect(visit.page.get_by_text(HERE_ALONE)).to_have_count(0)
