"""What is marked on a curve: losses that are not finite, however thinned it is; what was done to it."""

import math
import re

from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.telling import changed, with_losses
from tests.page.test_closeup import Closeup
from tests.page.visit import Visit

SMALL = {"n": 8, "d_in": 10, "hidden": 10, "d_out": 2}

TIMES = "\N{MULTIPLICATION SIGN}"


def test_each_kind_of_loss_is_marked_counted_or_drawn(visit: Visit, api: Api) -> None:
    api.start("mine", iterations=40, **SMALL)
    losses = [float(loss) for loss in api.losses("mine")]
    planted = {5: 0.0, 6: -2.0, 10: math.nan, 20: math.inf, 21: math.inf, 30: -math.inf}
    changed(visit, values=with_losses(planted))
    visit.page.reload()
    visit.until_points("mine", 40)

    mark = visit.until(lambda: visit.marks().get("mine"), "the marks")
    assert mark["x"] == [10, 20, 30]
    for text, said in zip(
        mark["text"],
        ("NaN at iteration 10", "+inf at iterations 20 to 21", "-inf at iteration 30"),
        strict=True,
    ):
        assert text.replace("\N{MINUS SIGN}", "-").startswith(said)
    expect(visit.charts.locator(".scatterlayer .point")).to_have_count(3)
    crosses = visit.charts.get_by_text("Not finite, marked by a cross")
    for counted in (f"1 {TIMES} NaN", f"2 {TIMES} +inf", f"1 {TIMES} -inf"):
        expect(crosses).to_contain_text(counted)
    too_low = visit.charts.get_by_text(f"Not on a log axis: 2 {TIMES} zero or less")
    expect(too_low).to_be_visible()

    visit.button("Linear").click()
    expect(too_low).to_have_count(0)
    expect(crosses).to_be_visible()
    expected = [planted.get(i, loss) for i, loss in enumerate(losses)]
    assert visit.drawn()["mine"]["y"] == [y if math.isfinite(y) else None for y in expected]


def test_thinning_keeps_first_last_lowest_highest_and_what_is_not_finite(
    visit: Visit, api: Api
) -> None:
    api.start("long", iterations=6000, **SMALL)
    losses = [float(loss) for loss in api.losses("long")]
    planted = {1234: 1e-30, 4321: 1e30, 3000: math.nan, 3001: math.nan, 5001: math.inf}
    changed(visit, values=with_losses(planted))
    visit.page.reload()
    visit.until(lambda: visit.drawn().get("long", {"x": [0]})["x"][-1] == 5999, "the last")

    curve = visit.drawn()["long"]
    assert len(curve["x"]) < 5000
    points = dict(zip(curve["x"], curve["y"], strict=True))
    assert points[0] == losses[0]
    assert points[5999] == losses[5999]
    assert (points[1234], points[4321]) == (1e-30, 1e30)
    assert [x for x, y in points.items() if y is None] == [3000, 5001]
    assert visit.marks()["long"]["x"] == [3000, 5001]
    expect(visit.charts.get_by_text("Lowest and highest of every 16 iterations")).to_be_visible()


def test_whatever_a_hand_does_to_a_run_is_marked_at_its_iteration(visit: Visit, api: Api) -> None:
    closeup = Closeup(visit).open(api.start("mine", iterations=100_000, pace=50, **SMALL))
    visit.until_points("mine", 3)
    lr = closeup.element.get_by_label("Learning rate", exact=True)
    lr.fill("5e-7")
    lr.press("Enter")
    pace = closeup.element.get_by_label("Iterations a second")
    pace.fill("40")
    pace.press("Enter")
    visit.until(lambda: api.run("mine")["spec"]["pace"] == 40, "the pace")
    closeup.button("Pause").click()
    expect(closeup.state).to_have_text("paused")
    events = api.get(f"/runs/{api.run('mine')['id']}/events")["events"]
    done = {event["iteration"] for event in events if event["kind"] in ("changed", "paused")}

    def marked() -> str:
        return "\n".join(visit.changes().get("mine", {"text": []})["text"])

    visit.until(lambda: "paused" in marked(), "the mark of the pause")
    last = (
        api.run("mine")["iteration"] - 1
    )  # what comes before the next one stands at the line's end
    visit.until_points("mine", last + 1)
    assert set(visit.changes()["mine"]["x"]) == {min(iteration, last) for iteration in done}
    for said in (r"lr 1e-6 → 5e-7, at iteration \d+", r"pace 50 → 40, at iteration \d+"):
        assert re.search(said, marked()), marked()

    closeup.button("Fork…").click()
    form = closeup.element.get_by_role("form", name="Fork")
    form.get_by_label("From iteration").fill("2")
    form.get_by_role("button", name="Fork").click()
    fork = visit.until(lambda: [run for run in api.runs() if run["forked_from"]], "the fork")[0]
    api.delete(fork["forked_from"]["id"])  # which is called the same
    mark = visit.until(
        lambda: (marks := visit.changes().get("mine")) and marks["x"][0] == 2 and marks,
        "the mark of the fork",
    )
    assert "fork" in mark["text"][0]
