"""What is wrong in the form is told by the server, and said where it can be put right."""

from typing import Any

from playwright.sync_api import Locator, expect

from tests.page.api import Api
from tests.page.filling import fold, start
from tests.page.test_screens import OVERFLOW, PHONE
from tests.page.visit import AUTOGRAD, LOST, Visit, Visiting

WRONG = [
    ({"N": "0"}, "N"),
    ({"N": "-1"}, "N"),
    ({"H": "2.5"}, "H"),
    ({"D_in": "many"}, "D_in"),
    ({"D_out": "1e9"}, "D_out"),
    ({"N": "1000000", "D_in": "999999"}, "N"),
    ({"Iterations": "0"}, "Iterations"),
    ({"Seed": "-1"}, "Seed"),
    ({"Learning rate": "abc"}, "Learning rate"),
    ({"Learning rate": "-1"}, "Learning rate"),
    ({"Learning rate": "NaN"}, "Learning rate"),
    ({"Pace": "0"}, "Pace"),
    ({"Pace": "fast"}, "Pace"),
    ({"Name": "x" * 201}, "Name"),
    ({"Tags": "short, " + "x" * 51}, "Tags"),
]
"""What is typed, and the field that the server complains of."""


def complaint(visit: Visit, label: str) -> Locator:
    """What is said at a field."""
    described_by = visit.field(label).get_attribute("aria-describedby") or ""
    return visit.form.locator(f"[id='{described_by.split()[0]}']")


def test_what_is_wrong_is_said_at_its_field_until_it_is_right(visit: Visit, api: Api) -> None:
    visit.expect_console("status of 422")
    for wrong, label in WRONG:
        right = {other: visit.field(other).input_value() for other in wrong}
        for other, value in wrong.items():
            visit.field(other).fill(value)
        start(visit)

        expect(visit.field(label)).to_have_attribute("aria-invalid", "true")
        expect(visit.form.locator("[aria-invalid]")).to_have_count(1)
        expect(complaint(visit, label)).to_be_visible()
        expect(complaint(visit, label)).not_to_be_empty()
        assert api.runs() == []
        for other, value in right.items():
            visit.field(other).fill(value)

    start(visit)

    expect(visit.page.locator(".state")).to_have_count(1)
    expect(visit.form.locator("[aria-invalid]")).to_have_count(0)
    for _, label in WRONG:
        expect(complaint(visit, label)).to_be_hidden()


def test_what_is_wrong_among_the_folded_is_unfolded(visit: Visit, api: Api) -> None:
    visit.expect_console("status of 422")
    fold(visit)
    visit.field("Nesterov").press("Space")  # wherever it is by then: what is unfolded moves
    expect(visit.field("Nesterov")).to_be_checked()
    fold(visit)
    start(visit)
    expect(visit.field("Nesterov")).to_be_focused()
    expect(visit.field("Nesterov")).to_be_in_viewport()
    expect(visit.field("Nesterov")).to_have_attribute("aria-invalid", "true")
    expect(complaint(visit, "Nesterov")).to_have_text("nesterov needs a momentum, and no dampening")
    assert api.runs() == []

    visit.field("Momentum").fill("0.9")
    start(visit)
    expect(visit.page.locator(".state")).to_have_count(1)
    expect(complaint(visit, "Nesterov")).to_be_hidden()


def test_choices_that_do_not_go_together_are_told_where_they_can_be_changed(
    visit: Visit, api: Api
) -> None:
    visit.expect_console("status of 422")
    visit.field("Gradients").select_option("gram")
    visit.field("Update rule").select_option("adam")
    start(visit)
    expect(complaint(visit, "Gradients")).to_contain_text("gram needs a rule whose step is linear")
    expect(visit.form.locator("[aria-invalid]")).to_have_count(1)

    visit.field("Update rule").select_option("manual")
    visit.field("Data type").select_option("bfloat16")
    start(visit)
    expect(complaint(visit, "Data type")).to_contain_text("gram needs float32 or float64")
    expect(visit.form.locator("[aria-invalid]")).to_have_count(1)
    assert api.runs() == []

    visit.field("Data type").select_option("float64")
    start(visit)
    expect(visit.page.locator(".state")).to_have_count(1)
    expect(visit.row("clamp · manual · lr 1e-6 · gram · float64").element).to_be_visible()


def test_the_form_of_every_rule_and_relu_fits_a_small_phone(
    visiting: Visiting, api: Api, catalog: dict[str, Any]
) -> None:
    visit = visiting(api.url, **{**PHONE, "viewport": {"width": 320, "height": 640}})
    fold(visit)
    for relu in catalog["relus"]:
        visit.relu(relu["name"]).check()
        assert visit.page.evaluate(OVERFLOW) == 0
    for rule in catalog["rules"]:
        visit.field("Update rule").select_option(rule["name"])
        assert visit.page.evaluate(OVERFLOW) == 0


def test_an_infinite_setting_is_wrong_too(visit: Visit, api: Api) -> None:
    visit.expect_console("status of 422")
    for label, value in (("Learning rate", "1e999"), ("Pace", "Infinity")):
        right = visit.field(label).input_value()
        visit.field(label).fill(value)
        start(visit)
        expect(visit.field(label)).to_have_attribute("aria-invalid", "true", timeout=5000)
        visit.field(label).fill(right)
    assert api.runs() == []


def test_several_wrong_fields_are_each_told(visit: Visit, api: Api) -> None:
    visit.expect_console("status of 422")
    wrong = {"N": "0", "Learning rate": "abc", "Pace": "-5"}
    for label, value in wrong.items():
        visit.field(label).fill(value)
    start(visit)
    for label in wrong:
        expect(visit.field(label)).to_have_attribute("aria-invalid", "true")
    expect(visit.form.locator("[aria-invalid]")).to_have_count(len(wrong))

    expect(visit.field("Learning rate")).to_be_focused()
    assert api.runs() == []


def test_what_is_wrong_is_read_whole_and_gone_once_it_is_changed(
    visiting: Visiting, api: Api
) -> None:
    visit = visiting(api.url, viewport={"width": 1280, "height": 800})
    visit.expect_console("status of 422")
    name = visit.field("Name")
    name.fill("x" * 201)
    visit.field("N").fill("0")
    start(visit)
    expect(complaint(visit, "Name")).to_have_text("at most 200 characters")

    visit.field("N").fill("64")
    expect(complaint(visit, "N")).to_be_hidden()
    expect(visit.field("N")).not_to_have_attribute("aria-invalid", "true")
    expect(complaint(visit, "Name")).to_be_visible()
    name.fill("")
    expect(complaint(visit, "Name")).to_be_hidden()

    for label in ("D_in", "Iterations", "Diagnostics every", "Pace"):
        right = visit.field(label).input_value()
        visit.field(label).fill("such words as no number is made of")
        start(visit)
        expect(complaint(visit, label)).to_be_visible()
        said, foot = (
            complaint(visit, label).bounding_box(),
            visit.form.locator(".go").bounding_box(),
        )
        assert said
        assert foot
        assert said["y"] + said["height"] <= foot["y"], label
        visit.field(label).fill(right)


def test_a_tutorial_starts_though_the_form_is_wrong(visit: Visit, api: Api) -> None:
    told = visit.page.get_by_text("They start at")
    for typed, pace in (("abc", 50), ("0", 50), ("1e9", 50), ("200", 200), ("", None)):
        visit.field("N").fill("0")
        visit.field("Pace").fill(typed)
        expect(told).to_contain_text(f"{pace} iterations/s" if pace else "full speed")
        visit.start(AUTOGRAD)
        assert api.run(AUTOGRAD)["spec"]["pace"] == pace
        api.delete_all()
        expect(visit.row(AUTOGRAD).element).to_have_count(0)


def test_without_a_server_a_start_is_refused_with_a_word_where_one_looks(
    visit: Visit, api: Api
) -> None:
    visit.expect_console(LOST)
    refusal = visit.page.get_by_role("alert").filter(has_text="the server cannot be reached")
    visit.context.set_offline(True)
    for begin in (lambda: start(visit), visit.button(f"Start {AUTOGRAD}").click):
        begin()
        expect(refusal).to_be_in_viewport()
        visit.button("Close").click()
        expect(refusal).to_be_hidden()

    start(visit)
    expect(refusal).to_be_visible()
    visit.context.set_offline(False)
    start(visit)
    expect(visit.page.locator(".state")).to_have_count(1)
    expect(refusal).to_be_hidden()
    assert len(api.runs()) == 1
