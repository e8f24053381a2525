"""Runs taken together in the table."""

import pytest
from playwright.sync_api import Locator, expect

from tests.page.api import Api
from tests.page.test_charts import zoom
from tests.page.visit import Visit

SMALL = {"n": 4, "d_in": 4, "hidden": 3, "d_out": 2, "iterations": 3}
LARGE_RATE = {"rule": "sgd", "lr": 1e3}


@pytest.fixture
def five(visit: Visit, api: Api) -> None:
    """Two runs of one ReLU, and three of another, one of which diverges."""
    for seed in range(2):
        api.start(f"relu {seed}", **SMALL, relu="relu", seed=seed)
        api.start(f"clamp {seed}", **SMALL, seed=seed)
    api.start("too fast", **{**SMALL, "iterations": 60}, update=LARGE_RATE)
    for name in ("relu 1", "clamp 1"):
        expect(visit.row(name).state).to_have_text("finished")
    expect(visit.row("too fast").state).to_have_text("diverged")


def heading(visit: Visit, title: str) -> Locator:
    fold = visit.page.get_by_role("button", name=title, exact=True)
    return visit.table.get_by_role("row").filter(has=fold)


@pytest.mark.usefixtures("five")
def test_a_group_tells_what_its_runs_have_in_common_and_folds(visit: Visit) -> None:
    visit.page.get_by_label("Group by").select_option("ReLU implementation")
    clamp, relu = (heading(visit, f"ReLU implementation {name}") for name in ("clamp", "relu"))
    expect(clamp).to_contain_text("3 runs")
    expect(clamp).to_contain_text("1 not finite")
    expect(relu).to_contain_text("2 runs")
    losses = sorted((visit.row(f"relu {seed}").loss.inner_text() for seed in range(2)), key=float)
    expect(relu).to_contain_text(f"min {losses[0]} · max {losses[1]}")
    visit.until_names("too fast", "clamp 1", "clamp 0", "relu 1", "relu 0")

    clamp.get_by_role("button").click()
    visit.until_names("relu 1", "relu 0")
    expect(clamp.get_by_role("button")).to_have_attribute("aria-expanded", "false")
    clamp.get_by_role("checkbox", name="Pick all of ReLU implementation clamp").check()
    expect(visit.page.get_by_text("3 picked")).to_be_visible()
    clamp.focus()
    visit.page.keyboard.press("ArrowRight")
    expect(visit.row("clamp 0").picked).to_be_checked()
    visit.row("clamp 0").picked.uncheck()
    expect(clamp.get_by_role("checkbox")).not_to_be_checked()


@pytest.mark.usefixtures("five")
def test_runs_that_differ_in_their_seed_alone_are_one_group(visit: Visit) -> None:
    visit.page.get_by_label("Group by").select_option("all the same but the seed")
    expect(visit.table.locator(".row.group")).to_have_count(3)
    expect(visit.table.locator(".row.group").last).to_contain_text("2 runs")
    visit.until(lambda: "group=all-but-seed" in visit.page.url, "an address with the group")
    visit.page.reload()
    expect(visit.table.locator(".row.group")).to_have_count(3)


@pytest.mark.parametrize("group", ["all the same but the seed", "Tags"])
def test_a_zoom_of_a_group_is_there_again_after_a_reload(
    visit: Visit, api: Api, group: str
) -> None:
    for seed in range(2):
        api.start(f"tagged {seed}", **SMALL, tags=["a;b", "c,d"], seed=seed)
    visit.page.get_by_label("Group by").select_option(group)
    visit.button("Side by side").click()
    visit.button("Own axes").click()
    visit.until(visit.drawn, "the charts")
    zoom(visit)
    seen = [visit.axis(axis)["range"] for axis in ("xaxis", "yaxis")]
    visit.until(lambda: "zooms=" in visit.page.url, "an address with the zoom")
    visit.page.reload()
    visit.until(visit.drawn, "the charts")
    visit.until(
        lambda: [visit.axis(axis)["range"] for axis in ("xaxis", "yaxis")] == seen, "the same zoom"
    )
