"""Runs of which a page that is opened then does not hold all: alone, together and one less the other,
each iteration is there where one looks closely."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.house.serving import Server
from tests.page.api import Api
from tests.page.test_charts_ways import SMALL, is_of, smoothed
from tests.page.visit import Visit, Visiting
from tests.waiting import eventually

LONG = 66_000
"""Iterations: a page follows only what has fewer than `FOLLOWED`, 65,536, from the first one on."""

PART = 20_000
"""Where the fork leaves its parent, and what is zoomed into begins."""

LEAST: dict[str, Any] = {**SMALL, "gradients": "gram", "diagnostics_every": 0}
"""What makes an iteration quick."""


@dataclass
class Run:
    """A run that has finished, and all its losses."""

    id: str
    losses: list[float] = field(repr=False)


@dataclass
class Runs:
    """Three that are alike but for what they start with, and the server that they are on."""

    url: str
    one: Run
    two: Run
    fork: Run

    def __iter__(self) -> Iterator[Run]:
        return iter((self.one, self.two, self.fork))


@pytest.fixture(scope="module")
def long(server: Server) -> Iterator[Runs]:
    """Trained before a page that draws them takes its share of the machine, and once for all tests
    here: to train one takes longer than to look at it. None of them may ask for `api`, which would
    delete them."""
    api = Api(server.url)

    def finished(run_id: str) -> Run:
        eventually(lambda: api.get(f"/runs/{run_id}")["status"] == "finished", "its end")
        return Run(run_id, api.get(f"/runs/{run_id}/losses")["losses"])

    one, two = (
        finished(api.start(name, seed=seed, iterations=LONG, **LEAST))
        for seed, name in enumerate(("one", "two"))
    )
    fork = finished(api.fork(one.id, at=PART, name="fork", update={"lr": 2e-6}))
    yield Runs(server.url, one, two, fork)
    api.delete_all()
    api.close()


def coarse(visit: Visit) -> Locator:
    """What is said where not each iteration is drawn."""
    return visit.charts.get_by_text("Lowest and highest of every")


def test_a_part_of_runs_taken_together_refines_to_each_iteration(
    visiting: Visiting, long: Runs
) -> None:
    visit = visiting(f"{long.url}/?group=relu")
    expect(coarse(visit)).to_be_visible()
    asked = len(visit.requests)

    visit.page.goto(f"{long.url}/?group=relu&zooms=all,{PART}~{PART + 50},")

    group = "ReLU implementation clamp (3 runs)"
    each = set(range(PART, PART + 51))
    visit.until(lambda: each <= set(visit.drawn().get(group, {"x": []})["x"]), "every iteration")
    expect(coarse(visit)).to_have_count(0)
    mean = visit.drawn()[group]
    low, high = visit.beside("band")[group]
    for place, i in enumerate(mean["x"]):
        values = [run.losses[i] for run in long]
        assert math.isclose(mean["y"][place], sum(values) / 3)
        assert (low["y"][place], high["y"][place]) == (min(values), max(values))
    parts = [url for url in visit.requests[asked:] if "/losses?" in url and "start=" in url]
    assert len(parts) == len(set(parts)) == 3


def test_a_part_of_a_difference_refines_to_each_iteration(visiting: Visiting, long: Runs) -> None:
    left, right = long.one.losses, long.fork.losses
    apart = [abs(x - y) for x, y in zip(left, right, strict=True)]
    first = next(i for i in range(LONG) if left[i] != right[i])
    pair = f"{long.one.id[:8]}.{long.fork.id[:8]}"
    address = f"{long.url}/?layout=difference&scale=linear&pair={pair}"
    visit = visiting(address)
    expect(coarse(visit)).to_be_visible()

    visit.page.goto(f"{address}&zooms=difference,{first - 10}~{first + 30},")

    each = set(range(first - 10, first + 31))
    visit.until(
        lambda: (curves := visit.drawn()) and each <= set(next(iter(curves.values()))["x"]),
        "every iteration",
    )
    (curve,) = visit.drawn().values()
    assert curve["y"] == [apart[i] for i in curve["x"]]
    expect(coarse(visit)).to_have_count(0)
    expect(visit.charts.get_by_text(f"They part at iteration {first};")).to_be_visible()
    expect(visit.charts.locator(".annotation")).to_have_text(f"iteration {first}")


def test_a_run_of_very_many_iterations_opens_whole_and_refines_to_each(
    visiting: Visiting, long: Runs
) -> None:
    losses = long.one.losses
    address = f"{long.url}/?runs={long.one.id[:8]}"
    visit = visiting(address)
    visit.until(lambda: visit.points("one") > 100, "the curve")
    curve = visit.drawn()["one"]
    assert (curve["x"][0], curve["x"][-1]) == (0, LONG - 1)
    assert curve["y"] == [losses[x] for x in curve["x"]]
    assert min(losses) in curve["y"]
    socket_bytes = 8 * LONG
    assert visit.received < socket_bytes / 10

    visit.page.goto(f"{address}&zooms=all,{PART}~{PART + 50},")
    visit.until(
        lambda: (
            visit.points("one") and {PART, PART + 1, PART + 50} <= set(visit.drawn()["one"]["x"])
        ),
        "every iteration of the part",
    )
    curve = visit.drawn()["one"]
    assert curve["y"] == [losses[x] for x in curve["x"]]
    expect(visit.charts.get_by_text("Lowest and highest")).to_have_count(0)
    slider = visit.page.get_by_role("slider", name="Smoothing")
    slider.focus()
    slider.press("End")
    visit.until(lambda: visit.beside("faint"), "the average, of which the server knows")
    expected = smoothed(losses, 0.999)
    visit.until(lambda: is_of(visit.drawn()["one"], expected), "the average of all losses")
