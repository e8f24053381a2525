"""Runs taken together along time: their losses at the same moment, not at the same iteration."""

import math

from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import Visit, Visiting

GROUP = "ReLU implementation clamp (2 runs)"
SMALL = {"n": 8, "d_in": 10, "hidden": 10, "d_out": 2, "iterations": 100}


def test_runs_of_unlike_pace_are_taken_together_second_by_second(
    visiting: Visiting, api: Api
) -> None:
    ids = {name: api.start(name, **SMALL, pace=pace) for name, pace in (("a", 200), ("b", 25))}
    visit = visiting(f"{api.url}/?group=relu&x=seconds")
    visit.until(lambda: api.run("b")["status"] == "finished", "the slower one to finish")
    lasted = {
        name: run["ended_at"] - run["started_at"]
        for name, run_id in ids.items()
        for run in [api.get(f"/runs/{run_id}")]
    }

    last = float(api.losses("b")[-1])
    visit.until(
        lambda: visit.points(GROUP) and math.isclose(visit.drawn()[GROUP]["y"][-1], last),
        "the mean to end with the slower one",
    )
    end = visit.drawn()[GROUP]["x"][-1]
    assert lasted["b"] - 0.5 < end <= lasted["b"] + 0.1
    (leaving,) = visit.changes()[GROUP]["text"]
    assert leaving == "1 run ends here; from then on, the mean of 1"
    assert abs(visit.changes()[GROUP]["x"][0] - lasted["a"]) < 0.5


def test_the_legend_says_which_group_is_which(visit: Visit, api: Api) -> None:
    for seed in (0, 1):
        for relu in ("clamp", "relu"):
            api.start(f"{relu} {seed}", **SMALL, relu=relu, seed=seed)
    legend = visit.page.get_by_role("list", name="Runs")
    expect(visit.row("clamp 1").state).to_have_text("finished")
    expect(legend).to_be_hidden()
    visit.page.get_by_label("Group by").select_option("ReLU implementation")
    expect(legend.get_by_role("listitem")).to_have_text(
        ["ReLU implementation clamp (2 runs)", "ReLU implementation relu (2 runs)"]
    )
