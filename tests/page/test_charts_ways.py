"""The ways to draw losses: smoothed, along seconds, taken together, one less the other."""

import math
import re
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import Visit, Visiting

SMALL = {"n": 8, "d_in": 10, "hidden": 10, "d_out": 2}


def finished(visit: Visit, api: Api, name: str, **spec: Any) -> str:
    """Start a run and wait for its end; its id."""
    run_id = api.start(name, **{**SMALL, "iterations": 200, **spec})
    visit.until(lambda: api.get(f"/runs/{run_id}")["status"] == "finished", f"{name} to finish")
    return run_id


def smoothed(losses: list[float], weight: float) -> list[float]:
    """The debiased average, as it is defined."""
    total, told = 0.0, []
    for count, loss in enumerate(losses, 1):
        total = weight * total + (1 - weight) * loss
        told.append(total / (1 - weight**count))
    return told


def is_of(curve: dict[str, list[Any]], expected: list[float]) -> bool:
    """Whether a curve is of these values, at the iterations that it has."""
    return bool(curve["x"]) and all(
        math.isclose(y, expected[x], rel_tol=1e-9)
        for x, y in zip(curve["x"], curve["y"], strict=True)
    )


def test_losses_are_smoothed_over_all_of_them_and_stay_faintly(visit: Visit, api: Api) -> None:
    finished(visit, api, "mine", iterations=6000)
    losses = [float(loss) for loss in api.losses("mine")]
    visit.until(lambda: visit.drawn().get("mine", {"x": [0]})["x"][-1] == 5999, "the last")
    slider = visit.page.get_by_role("slider", name="Smoothing")
    expect(slider).to_have_attribute("aria-valuetext", "none")

    slider.focus()
    for _ in range(20):
        slider.press("ArrowRight")

    expect(slider).to_have_attribute("aria-valuetext", "0.9")
    expected = smoothed(losses, 0.9)
    visit.until(lambda: is_of(visit.drawn()["mine"], expected), "the average of all losses")
    assert 500 < visit.points("mine") < 5000
    (faint,) = visit.beside("faint")["mine"]
    assert faint["y"] == [losses[x] for x in faint["x"]]
    expect(visit.charts.get_by_text("Lowest and highest of every 16 iterations")).to_be_visible()


def test_the_axis_across_counts_iterations_seconds_or_the_time_of_day(
    visit: Visit, api: Api
) -> None:
    run_id = finished(visit, api, "mine", iterations=100, pace=100)
    run = api.get(f"/runs/{run_id}")
    along = visit.page.get_by_role("combobox", name="Along")
    lasted = run["ended_at"] - run["started_at"]

    visit.until_points("mine", 100)
    along.select_option("Seconds")
    visit.until(lambda: visit.points("mine") and visit.drawn()["mine"]["x"][-1] != 99, "seconds")
    seconds = visit.drawn()["mine"]["x"]
    assert all(a <= b for a, b in pairwise(seconds))
    assert 0 <= seconds[0] <= seconds[-1] <= lasted + 0.1
    assert seconds[-1] > lasted / 2

    along.select_option("Time of day")
    visit.until(lambda: visit.axis("xaxis")["type"] == "date", "an axis of dates")
    moments = visit.drawn()["mine"]["x"]
    assert math.isclose((moments[-1] - moments[0]) / 1000, seconds[-1] - seconds[0], abs_tol=0.1)

    along.select_option("Iterations")
    visit.page.get_by_role("toolbar", name="How losses").get_by_role("checkbox", name="Log").check()
    visit.until(lambda: visit.axis("xaxis")["type"] == "log", "a logarithmic axis")
    low, high = visit.axis("xaxis")["range"]
    assert math.isclose(low, 0, abs_tol=0.01)
    assert math.isclose(high, math.log10(99), abs_tol=0.01)
    expect(visit.charts.get_by_text("Not on a log axis: 1 × iteration 0")).to_be_visible()  # noqa: RUF001


def test_the_seconds_of_a_fork_are_those_of_its_past_and_run_on(
    visiting: Visiting, api: Api
) -> None:
    visit = visiting(api.url)
    parent = finished(visit, api, "parent", iterations=60, pace=100)
    fork = api.fork(parent, at=30, name="fork", relu="relu")
    visit.until(lambda: api.get(f"/runs/{fork}")["status"] == "finished", "the fork to finish")
    along = visit.page.get_by_role("combobox", name="Along")
    along.select_option("Seconds")

    told = api.get(f"/runs/{fork}/times")
    marks = list(zip(told["iterations"], told["at"], strict=True))
    starts = [api.get(f"/runs/{run_id}")["started_at"] for run_id in (parent, fork)]
    (past,) = [at - starts[0] for count, at in marks if count == 30]
    expected = {
        count - 1: at - starts[0] if count <= 30 else past + at - starts[1] for count, at in marks
    }

    def is_of_both() -> bool:
        seconds = visit.drawn().get("fork", {"x": []})["x"]
        return len(seconds) == 60 and all(
            math.isclose(seconds[i], place, abs_tol=1e-6) for i, place in expected.items()
        )

    visit.until(is_of_both, "seconds of the past, and its own after them")
    seconds = visit.drawn()["fork"]["x"]
    assert seconds[0] >= 0
    assert all(a <= b for a, b in pairwise(seconds))


def test_runs_taken_together_are_a_mean_within_a_band(visiting: Visiting, api: Api) -> None:
    names = [f"{relu} {seed}" for relu in ("clamp", "where") for seed in range(3)]
    for name in names:
        relu, seed = name.split()
        api.start(name, relu=relu, seed=int(seed), iterations=100, **SMALL)
    visit = visiting(f"{api.url}/?group=relu")
    visit.until(
        lambda: {len(curve["x"]) for curve in visit.drawn().values()} == {100}, "two whole curves"
    )
    titles = {relu: f"ReLU implementation {relu} (3 runs)" for relu in ("clamp", "where")}
    assert set(visit.drawn()) == set(titles.values())
    for relu, title in titles.items():
        runs = [[float(x) for x in api.losses(name)] for name in names if name.startswith(relu)]
        low, high = visit.beside("band")[title]
        mean = visit.drawn()[title]["y"]
        assert low["y"] == [min(each) for each in zip(*runs, strict=True)]
        assert high["y"] == [max(each) for each in zip(*runs, strict=True)]
        expected = [sum(each) / 3 for each in zip(*runs, strict=True)]
        assert all(math.isclose(a, b) for a, b in zip(mean, expected, strict=True))


def test_a_mean_waits_for_who_is_on_the_way_and_says_where_one_ends(
    visiting: Visiting, api: Api
) -> None:
    visit = visiting(f"{api.url}/?group=relu")
    finished(visit, api, "quick", seed=1)
    slow = api.start("slow", seed=2, iterations=5000, pace=10, **SMALL)
    group = "ReLU implementation clamp (2 runs)"
    visit.until(lambda: 5 <= visit.points(group) < 200, "the mean as far as the slow one is")
    visit.until_grown(group)
    assert visit.points(group) <= api.run("slow")["iteration"] < 200
    assert not visit.changes()

    api.ask(slow, "stop")

    end = len(api.losses("slow"))
    visit.until_points(group, 200)
    mark = visit.changes()[group]
    mean = visit.drawn()[group]
    assert (mark["x"], mark["y"]) == ([end - 1], [mean["y"][end - 1]])
    assert f"from iteration {end} on, the mean of 1" in mark["text"][0]
    quick = [float(loss) for loss in api.losses("quick")]
    assert mean["y"][end:] == quick[end:]


COLOUR = "() => document.querySelector('.plot').data[0].line.color"


def test_a_difference_tells_where_two_runs_part_and_by_how_much(
    visiting: Visiting, api: Api
) -> None:
    a = api.start("a", iterations=60, **SMALL)
    b = api.start("b", iterations=60, **SMALL, update={"rule": "sgd", "lr": 2e-6})
    c = api.start("c", iterations=60, **SMALL, relu="relu")
    losses = {name: [float(loss) for loss in api.losses(name)] for name in "abc"}
    first = next(i for i in range(60) if losses["a"][i] != losses["b"][i])
    visit = visiting(f"{api.url}/?layout=difference&pair={a[:8]}.{b[:8]}")

    visit.until(lambda: visit.points("|a − b|") == 60, "the difference")  # noqa: RUF001
    (curve,) = visit.drawn().values()
    assert curve["y"] == [abs(x - y) for x, y in zip(losses["a"], losses["b"], strict=True)]
    expect(visit.charts.get_by_text(f"They part at iteration {first}")).to_be_visible()
    expect(visit.charts.locator(".annotation")).to_have_text(f"iteration {first}")
    assert visit.page.get_by_role("group", name="Difference of a and b").count() == 1
    before = visit.page.evaluate(COLOUR)
    visit.row("a").menu("Choose colour")
    visit.page.get_by_role("dialog", name="Colour").get_by_role("radio", name="red, solid").click()
    visit.until(lambda: visit.page.evaluate(COLOUR) != before, "the new colour")

    assert losses["a"] == losses["c"], f"{a} and {c} are the same at these sizes"
    visit.page.get_by_role("combobox", name="The run that it is compared with").select_option("c")
    expect(visit.page.get_by_text("The same, bit for bit, in all 60 iterations")).to_be_visible()
    visit.page.wait_for_url(f"**{c[:8]}*")
    visit.page.reload()
    expect(visit.page.get_by_text("The same, bit for bit, in all 60 iterations")).to_be_visible()


def test_what_is_done_to_a_run_is_marked_on_its_curve(visit: Visit, api: Api) -> None:
    run_id = api.start("mine", iterations=5000, pace=50, **SMALL)
    visit.until_points("mine", 5)
    api.ask(run_id, "pause")
    at = api.get(f"/runs/{run_id}")["iteration"]
    api.change(run_id, update={"lr": 5e-7})
    marks = visit.until(
        lambda: (marks := visit.changes().get("mine")) and len(marks["x"]) >= 2 and marks, "marks"
    )
    curve = visit.drawn()["mine"]
    assert set(zip(marks["x"], marks["y"], strict=True)) == {(at - 1, curve["y"][-1])}
    assert any(text.startswith("lr 1e-6 → 5e-7") for text in marks["text"])


def test_side_by_side_the_charts_move_together(visit: Visit, api: Api) -> None:
    for name, iterations in (("one", 200), ("two", 100)):
        finished(visit, api, name, iterations=iterations)
    visit.button("Side by side").click()
    grid = visit.page.get_by_role("group", name="Losses, side by side")
    expect(grid).to_have_attribute("tabindex", "0")
    expect(visit.charts).to_have_count(2)
    visit.until(lambda: {visit.points(name) for name in ("one", "two")} == {200, 100}, "both")
    ranges = lambda: visit.page.evaluate(RANGES)  # noqa: E731
    assert [x[1] for x, _ in ranges()] == [199, 99]

    visit.button("Shared axes").click()
    visit.until(lambda: ranges()[0] == ranges()[1], "the same axes")
    visit.button("Own axes").click()
    visit.until(lambda: ranges()[0] != ranges()[1], "axes of their own")

    box = visit.charts.first.locator(".nsewdrag").bounding_box()
    assert box
    mouse = visit.page.mouse
    mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.5)
    expect(visit.charts.nth(1).locator(".pointer")).to_be_visible()
    expect(visit.charts.nth(1).locator(".value")).to_have_text(re.compile(r"\d"))
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, steps=4)
    mouse.up()
    visit.until(lambda: ranges()[0][0] == ranges()[1][0] and ranges()[0][0][1] < 150, "both zoomed")
    assert ranges()[0][1] != ranges()[1][1]


RANGES = """() => [...document.querySelectorAll('.plot')].map((plot) =>
  [plot._fullLayout.xaxis.range, plot._fullLayout.yaxis.range])"""


@pytest.mark.parametrize("layout", ["overlay", "grid"])
def test_a_chart_says_in_words_what_is_to_be_seen(
    visiting: Visiting, api: Api, layout: str
) -> None:
    api.start("mine", iterations=50, **SMALL)
    last = api.losses("mine")[-1]
    visit = visiting(f"{api.url}/?layout={layout}")
    visit.until_points("mine", 50)
    plot = visit.charts.get_by_role("group").first
    said = re.compile(rf"mine: finished, iteration 50 of 50, loss {float(last):.4g}"[:44])
    expect(plot).to_have_accessible_description(said)
