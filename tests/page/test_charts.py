"""How losses are drawn: overlaid or side by side, linear or log, and what an axis cannot show."""

import re

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.visit import Visit

SMALL = {"n": 8, "d_in": 10, "hidden": 10, "d_out": 2}

TIMES = "\N{MULTIPLICATION SIGN}"

AXIS = "() => document.querySelector('.plot')._fullLayout.{}.{}"


@pytest.fixture
def two(visit: Visit, api: Api) -> tuple[str, str]:
    """Two runs that have ended, on the chart."""
    for name, seed in (("one", 1), ("two", 2)):
        api.start(name, seed=seed, iterations=200, **SMALL)
    for name in ("one", "two"):
        expect(visit.row(name).state).to_have_text("finished")
        visit.until_complete(name, api.losses(name))
    return "one", "two"


def test_curves_lie_on_each_other_or_side_by_side_in_the_order_of_the_starts(
    visit: Visit, api: Api, two: tuple[str, str]
) -> None:
    expect(visit.charts).to_have_count(1)
    expect(visit.button("Overlay")).to_have_attribute("aria-pressed", "true")

    visit.button("Side by side").click()

    expect(visit.charts).to_have_count(2)
    expect(visit.button("Side by side")).to_have_attribute("aria-pressed", "true")
    for name in two:
        expect(visit.charts.filter(has_text=name)).to_be_visible()
        expect(visit.page.get_by_role("group", name=f"Loss of {name}")).to_be_visible()
        visit.until_complete(name, api.losses(name))
    captions = visit.charts.locator("figcaption")
    expect(captions).to_have_text(list(two))
    visit.row(two[0]).shown.uncheck()
    expect(captions).to_have_text([two[1]])
    visit.row(two[0]).shown.check()
    expect(captions).to_have_text(list(two))

    visit.button("Overlay").click()

    expect(visit.charts).to_have_count(1)
    for name in two:
        visit.until_complete(name, api.losses(name))


def test_curves_grow_side_by_side_too_and_the_layout_may_change_at_any_moment(
    visit: Visit, api: Api
) -> None:
    for name in ("one", "two"):
        api.start(name, iterations=50_000, pace=100, **SMALL)
    for _ in range(6):
        visit.button("Side by side").click()
        visit.button("Overlay").click()
    visit.until_grown("one", "two")
    visit.button("Side by side").click()
    visit.until_grown("one", "two")
    visit.button("Stop all").click()
    for name in ("one", "two"):
        expect(visit.row(name).state).to_have_text("stopped")
        visit.until_complete(name, api.losses(name))


@pytest.mark.usefixtures("two")
def test_the_axis_of_losses_is_logarithmic_or_linear(visit: Visit) -> None:
    for label, kind in (("Log", "log"), ("Linear", "linear"), ("Log", "log")):
        visit.button(label).click()
        expect(visit.button(label)).to_have_attribute("aria-pressed", "true")
        visit.until(
            lambda kind=kind: visit.page.evaluate(AXIS.format("yaxis", "type")) == kind, kind
        )

    assert_every_curve_has_a_colour_which_the_table_tells(visit)


def assert_every_curve_has_a_colour_which_the_table_tells(visit: Visit) -> None:
    of_chart = visit.page.evaluate(
        "() => Object.fromEntries(document.querySelector('.plot').data.map("
        "({ name, line }) => [name, line.color]))"
    )
    assert len(set(of_chart.values())) == 2
    for name, colour in of_chart.items():
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        swatch = visit.row(name).element.locator(".pick line")
        expect(swatch).to_have_css("stroke", f"rgb({red}, {green}, {blue})")


def test_a_curve_can_be_hidden_and_shown_again(
    visit: Visit, api: Api, two: tuple[str, str]
) -> None:
    hidden, other = two

    visit.row(hidden).shown.uncheck()
    visit.until(lambda: set(visit.drawn()) == {other}, "one curve")
    expect(visit.row(hidden).element).to_be_visible()

    visit.row(hidden).shown.check()
    visit.until_complete(hidden, api.losses(hidden))
    visit.until_complete(other, api.losses(other))


def test_a_running_curve_that_was_hidden_is_complete_when_shown(visit: Visit, api: Api) -> None:
    api.start("mine", iterations=5000, pace=100, **SMALL)
    row = visit.row("mine")
    visit.until_points("mine", 5)
    for _ in range(3):
        row.shown.uncheck()
        row.shown.check()
    visit.until_points("mine", 60)
    row.press("Stop")
    expect(row.state).to_have_text("stopped")
    visit.until_complete("mine", api.losses("mine"))


def test_a_zoomed_view_holds_while_its_curve_grows_and_goes_back_on_a_double_click(
    visit: Visit, api: Api
) -> None:
    api.start("mine", iterations=5000, pace=100, **SMALL)
    visit.until_points("mine", 30)
    low, high = zoom(visit)

    before = api.run("mine")["iteration"]
    visit.until(lambda: api.run("mine")["iteration"] > before + 50, "50 iterations more")
    assert visit.page.evaluate(AXIS.format("xaxis", "range")) == [low, high]

    box = visit.charts.locator(".nsewdrag").first.bounding_box()
    assert box
    visit.page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.row("mine").press("Stop")
    expect(visit.row("mine").state).to_have_text("stopped")
    visit.until_complete("mine", api.losses("mine"))


def test_what_is_drawn_fills_the_view_on_either_axis_and_all_is_shown_again_at_a_click(
    visit: Visit, api: Api, two: tuple[str, str]
) -> None:
    def fills() -> bool:
        low, high = visit.page.evaluate(AXIS.format("xaxis", "range"))
        return all(
            curve["x"][0] <= max(0, low) and curve["x"][-1] >= min(199, high)
            for curve in visit.drawn().values()
        )

    show_all = visit.button("Show all")
    expect(show_all).to_be_hidden()
    zoom(visit)
    visit.until(lambda: 1 < visit.points(two[0]) < 200, "a part of the curve")
    assert fills()

    visit.button("Linear").click()

    visit.until(
        lambda: visit.page.evaluate(AXIS.format("yaxis", "type")) == "linear" and fills(),
        "curves that fill the view",
    )
    losses = {name: api.losses(name) for name in two}
    for name, curve in visit.drawn().items():
        assert curve["y"] == [losses[name][x] for x in curve["x"]]

    show_all.click()
    for name in two:
        visit.until_complete(name, losses[name])
    expect(show_all).to_be_hidden()
    expect(visit.button("Overlay")).to_be_focused()


def test_all_is_shown_again_when_nothing_is_left_of_what_was_zoomed(
    visit: Visit, api: Api, two: tuple[str, str]
) -> None:
    show_all = visit.button("Show all")
    zoom(visit)
    expect(show_all).to_be_visible()
    for name in two:
        visit.row(name).delete()
    api.start("new", iterations=20, **SMALL)
    visit.until_complete("new", api.losses("new"))
    expect(show_all).to_be_hidden()
    low, high = visit.page.evaluate(AXIS.format("xaxis", "range"))
    assert low <= 0
    assert high >= 19


def test_whether_curves_coincide_or_part_is_seen(visit: Visit, api: Api) -> None:
    for name, relu in (("first", "clamp"), ("second", "relu"), ("other", "clamp")):
        lr = 0 if name == "other" else 1e-6
        api.start(name, relu=relu, iterations=50, update={"rule": "sgd", "lr": lr})
        expect(visit.row(name).state).to_have_text("finished")
        visit.until_complete(name, api.losses(name))
    widths = visit.page.evaluate(
        "() => document.querySelector('.plot').data.map((t) => t.line.width)"
    )
    assert widths[0] > widths[1] == widths[2]

    box = visit.charts.locator(".nsewdrag").first.bounding_box()
    assert box
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    labels = visit.page.locator(".hoverlayer .hovertext")
    expect(labels).to_have_count(3)
    for label in labels.all_text_contents():
        loss, _, name = label.partition("  ")
        assert float(loss) in [float(f"{float(x):.9g}") for x in api.losses(name)]


def test_without_losses_no_chart_is_drawn_and_of_one_loss_a_point(visit: Visit, api: Api) -> None:
    blank = visit.page.get_by_text("Losses appear here")
    expect(blank).to_be_visible()
    expect(visit.charts.locator("svg")).to_have_count(0)
    api.start("one", iterations=1, **SMALL)
    visit.until_complete("one", api.losses("one"))
    expect(blank).to_be_hidden()
    expect(visit.row("one").state).to_have_text("finished")
    expect(visit.charts.locator(".scatterlayer .point")).to_have_count(1)


def zoom(visit: Visit) -> tuple[float, float]:
    """Draw a box in the middle of the chart; the iterations that are seen then."""
    before = visit.page.evaluate(AXIS.format("xaxis", "range"))
    box = visit.charts.locator(".nsewdrag").first.bounding_box()
    assert box
    mouse = visit.page.mouse
    mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.2)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.8, steps=4)
    mouse.up()
    low, high = visit.until(
        lambda: (view := visit.page.evaluate(AXIS.format("xaxis", "range"))) != before and view,
        "a zoomed view",
    )
    assert high - low < before[1] - before[0]
    return low, high


def test_a_run_that_diverges_says_so_everywhere(visit: Visit, api: Api) -> None:
    visit.field("Name").fill("too fast")
    visit.field("Learning rate").fill("1")
    visit.form.get_by_role("button", name="Start").click()

    row = visit.row("too fast")
    expect(row.state).to_have_text("diverged")
    losses = api.losses("too fast")
    last = len(losses) - 1
    shown = {"NaN": "NaN", "Infinity": "+inf"}[str(losses[-1])]
    expect(row.reason).to_contain_text(f"the loss of iteration {last} is {shown}")
    expect(row.loss).to_have_text(shown)
    expect(visit.page.get_by_text(f"marked by a cross: 1 {TIMES} {shown}")).to_be_visible()

    visit.until_points("too fast", len(losses))
    assert visit.drawn()["too fast"]["y"] == [*losses[:-1], None]
    mark = visit.marks()["too fast"]
    assert mark["x"] == [last]
    assert mark["y"] == [losses[-2]]
    assert mark["text"][0].startswith(f"{shown} at iteration {last}")
    expect(visit.charts.locator(".scatterlayer .point")).to_have_count(1)


def test_a_run_that_pauses_at_nan_says_why_until_it_goes_on(visit: Visit, api: Api) -> None:
    visit.field("Name").fill("look at me")
    visit.field("Learning rate").fill("1")
    visit.field("On NaN or inf").select_option("pause")
    visit.form.get_by_role("button", name="Start").click()

    row = visit.row("look at me")
    expect(row.state).to_have_text("paused")
    last = len(api.losses("look at me")) - 1
    expect(row.reason).to_contain_text(f"the loss of iteration {last} is")

    row.press("Full speed")
    row.press("Resume")

    expect(row.state).to_have_text("finished")
    expect(row.reason).to_be_empty()


def test_a_run_may_go_on_to_its_end_without_a_finite_loss(visit: Visit, api: Api) -> None:
    visit.field("Name").fill("on and on")
    visit.field("Learning rate").fill("1")
    visit.field("Iterations").fill("120")
    visit.field("On NaN or inf").select_option("continue")
    visit.form.get_by_label("Full speed").check()
    visit.form.get_by_role("button", name="Start").click()

    row = visit.row("on and on")
    expect(row.state).to_have_text("finished")
    assert row.iteration() == 120
    expect(row.loss).to_have_text("NaN")
    losses = api.losses("on and on")
    finite = [loss for loss in losses if not isinstance(loss, str)]
    assert 0 < len(finite) < 20
    visit.until_points("on and on", 120)
    assert visit.drawn()["on and on"]["y"] == finite + [None] * (120 - len(finite))

    note = visit.page.get_by_text("Not finite, marked by a cross")
    expect(note).to_contain_text(f"{losses.count('NaN')} {TIMES} NaN")
    if inf := losses.count("Infinity"):
        expect(note).to_contain_text(f"{inf} {TIMES} +inf")
    row.shown.uncheck()
    expect(note).to_have_count(0)


def test_a_curve_of_very_many_iterations_is_thinned_out_to_its_lows_and_highs(
    visit: Visit, api: Api
) -> None:
    api.start("long", iterations=6000, **SMALL)
    expect(visit.row("long").state).to_have_text("finished")
    losses = [float(loss) for loss in api.losses("long")]
    visit.until(lambda: visit.drawn().get("long", {"x": [0]})["x"][-1] == 5999, "the last")

    curve = visit.drawn()["long"]
    assert 500 < len(curve["x"]) < 5000
    assert curve["x"] == sorted(set(curve["x"]))
    assert curve["y"] == [losses[x] for x in curve["x"]]
    assert {min(losses), max(losses), losses[0]} <= set(curve["y"])


def test_the_age_of_the_newest_point_is_told_while_something_runs(visit: Visit, api: Api) -> None:
    expect(visit.status).to_contain_text("nothing running")
    api.start("mine", iterations=5000, pace=50, **SMALL)
    expect(visit.status).to_contain_text(re.compile(r"newest point \d+ ms old"))

    visit.row("mine").shown.uncheck()
    expect(visit.status).not_to_contain_text("newest point")
    expect(visit.row("mine").state).to_have_text("running")
    expect(visit.status).not_to_contain_text("nothing running")

    visit.row("mine").press("Stop")
    expect(visit.status).to_contain_text("nothing running")
