"""The form: made from the catalog, and told by the server what is wrong."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.page.conftest import AUTOGRAD, LOST, Api, Visit, Visiting
from tests.page.test_screens import OVERFLOW, PHONE

LABELS = {
    "relu": "ReLU implementation",
    "update": "Update rule",
    "gradients": "Gradients",
    "n": "N",
    "d_in": "D_in",
    "hidden": "H",
    "d_out": "D_out",
    "iterations": "Iterations",
    "seed": "Seed",
    "dtype": "Data type",
    "device": "Device",
    "pace": "Pace",
    "on_nonfinite": "On NaN or inf",
    "diagnostics_every": "Diagnostics every",
    "name": "Name",
}


@pytest.fixture
def catalog(api: Api) -> dict[str, Any]:
    catalog: dict[str, Any] = api.get("/catalog")
    return catalog


def options(select: Locator) -> list[str]:
    values: list[str] = select.evaluate("select => [...select.options].map((o) => o.value)")
    return values


def hyperparameters(visit: Visit) -> list[str]:
    """The fields of the rule that is chosen."""
    return [
        (field.get_attribute("name") or "").removeprefix("update.")
        for field in visit.form.locator("input[name^='update.']").all()
    ]


def folded(visit: Visit) -> Locator:
    """The rarely used hyperparameters."""
    return visit.form.get_by_role("group")


def fold(visit: Visit) -> None:
    """Fold them away, or unfold them."""
    folded(visit).locator("summary").click()


def start(visit: Visit) -> None:
    visit.form.get_by_role("button", name="Start").click()


def test_the_form_is_made_from_the_catalog(visit: Visit, catalog: dict[str, Any]) -> None:
    assert_every_choice_is_offered_and_explained(visit, catalog)
    visit.page.reload()
    assert_every_field_has_a_label_its_help_and_its_default(visit, catalog)
    assert_hyperparameters_are_those_of_the_rule(visit, catalog)
    # A phone's keyboard for numbers has neither the e nor the minus of 1e-6.
    assert visit.field("Learning rate").get_attribute("inputmode") is None
    expect(visit.field("Seed")).to_have_attribute("inputmode", "numeric")


def assert_every_choice_is_offered_and_explained(visit: Visit, catalog: dict[str, Any]) -> None:
    for label, noun in (
        ("ReLU implementation", "relus"),
        ("Update rule", "rules"),
        ("Gradients", "gradients"),
        ("Device", "devices"),
        ("Data type", "dtypes"),
    ):
        expect(visit.field(label)).to_be_visible()
        assert options(visit.field(label)) == [choice["name"] for choice in catalog[noun]]
        for choice in catalog[noun]:
            if "help" in choice:
                visit.field(label).select_option(choice["name"])
                expect(visit.form.get_by_text(choice["help"], exact=True)).to_be_visible()
            if "formula" in choice:
                code = visit.form.get_by_role("code")
                expect(code).to_have_text(f"relu(h) = {choice['formula']}\n{choice['code']}")


def assert_every_field_has_a_label_its_help_and_its_default(
    visit: Visit, catalog: dict[str, Any]
) -> None:
    properties = catalog["spec"]["properties"]
    assert properties.keys() - LABELS.keys() == {"tags"}
    for name, label in LABELS.items():
        schema = properties[name]
        field = visit.field(label)
        expect(field).to_be_visible()
        if name == "update":
            expect(field).to_have_value(schema["default"]["rule"])
            continue
        expect(field).to_have_accessible_description(re.compile(re.escape(schema["description"])))
        expected = {"pace": "50", "name": ""}.get(name, str(schema["default"]))
        expect(field).to_have_value(expected)


def assert_hyperparameters_are_those_of_the_rule(visit: Visit, catalog: dict[str, Any]) -> None:
    for rule in catalog["rules"]:
        visit.field("Update rule").select_option(rule["name"])
        expected = {name: p for name, p in rule["schema"]["properties"].items() if name != "rule"}
        assert hyperparameters(visit) == list(expected)
        first, *rest = expected.values()
        expect(visit.field(first["title"])).to_be_visible()
        expect(visit.field(first["title"])).to_have_value(re.compile(r"^[\d.]+(e-\d)?$"))
        expect(folded(visit)).to_have_count(1 if rest else 0)
        if rest:
            fold(visit)
        for schema in rest:
            field = visit.field(schema["title"])
            expect(field).to_be_visible()
            expect(field).to_have_accessible_description(
                re.compile(re.escape(schema["description"]))
            )
            if schema.get("type") == "boolean":
                expect(field).to_be_checked(checked=schema["default"])
            else:
                shown = field.input_value()
                assert (float(shown) if shown else None) == schema["default"]
        if rest:
            fold(visit)


def test_a_field_tells_its_bounds_and_its_default(visit: Visit) -> None:
    visit.field("Update rule").select_option("muon")
    fold(visit)
    for label, told in {
        "Learning rate": "At least 0; 1e-3 by default.",
        "Momentum": "0 to 1; 0.95 by default.",
        "Newton-Schulz steps": "1 to 99; 5 by default.",
        "Pace": "Above 0, at most 1e6.",
    }.items():
        expect(visit.field(label)).to_have_accessible_description(re.compile(re.escape(told)))
    visit.field("Momentum").fill("")
    expect(visit.field("Momentum")).to_have_attribute("placeholder", "0.95")


def test_the_rarely_used_is_folded_and_what_is_changed_there_is_told(visit: Visit) -> None:
    expect(visit.field("Momentum")).to_be_hidden()
    fold(visit)
    visit.field("Momentum").fill("0.9")
    visit.field("Nesterov").check()
    visit.field("Learning rate of w2").fill("3e-7")
    fold(visit)
    expect(visit.field("Momentum")).to_be_hidden()
    told = folded(visit).get_by_text("lr_w2 3e-7 · momentum 0.9 · nesterov")
    expect(told).to_be_visible()
    fold(visit)
    expect(told).to_be_hidden()


def test_what_is_typed_for_a_rule_is_there_when_it_is_chosen_again(visit: Visit) -> None:
    fold(visit)
    visit.field("Learning rate").fill("3e-7")
    visit.field("Momentum").fill("0.9")
    visit.field("Nesterov").check()

    visit.field("Update rule").select_option("adam")
    expect(visit.field("Learning rate")).to_have_value("1e-3")
    visit.field("Beta 1").fill("0.8")
    visit.field("Update rule").select_option("adamw")
    expect(visit.field("Beta 1")).to_have_value("0.8")
    expect(visit.field("Weight decay")).to_have_value("0.01")

    visit.field("Update rule").select_option("sgd")
    expect(visit.field("Learning rate")).to_have_value("3e-7")
    expect(visit.field("Momentum")).to_have_value("0.9")
    expect(visit.field("Nesterov")).to_be_checked()


def test_a_tutorial_fills_every_field(visit: Visit) -> None:
    fold(visit)
    visit.field("Momentum").fill("0.9")
    visit.field("Update rule").select_option("adam")
    visit.field("Beta 1").fill("0.8")
    visit.field("Gradients").select_option("closed_form")

    visit.button(f"Fill the form with {AUTOGRAD}").click()

    expect(visit.field("Update rule")).to_have_value("sgd")
    expect(visit.field("Momentum")).to_have_value("0")
    expect(visit.field("Gradients")).to_have_value("autograd")
    visit.field("Update rule").select_option("adam")
    expect(visit.field("Beta 1")).to_have_value("0.9")


def test_a_hyperparameter_stays_when_the_next_rule_has_it_too(visit: Visit, api: Api) -> None:
    visit.field("Name").fill("mine")
    visit.field("Learning rate").fill("3e-7")
    visit.field("Update rule").select_option("manual_data")
    expect(visit.field("Learning rate")).to_have_value("3e-7")
    start(visit)
    expect(visit.row("mine").element).to_be_visible()
    assert api.run("mine")["spec"]["update"] == {"rule": "manual_data", "lr": 3e-7}


def test_what_is_typed_is_what_is_trained(visit: Visit, api: Api) -> None:
    typed = {
        "ReLU implementation": "relu",
        "Update rule": "adafactor",
        "Gradients": "closed_form",
        "Data type": "float64",
        "On NaN or inf": "continue",
    }
    for label, value in typed.items():
        visit.field(label).select_option(value)
    fold(visit)
    for label, value in {
        "Name": " mine ",
        "N": "16",
        "D_in": "20",
        "H": "30",
        "D_out": "4",
        "Iterations": "1e2",
        "Seed": "7",
        "Learning rate": "1e-4",
        "Epsilon 2": "1e-2",
        "Weight decay": "",
        "Diagnostics every": "0",
        "Pace": "2000.5",
    }.items():
        visit.field(label).fill(value)

    visit.field("Seed").press("Enter")

    expect(visit.row("mine").element).to_be_visible()
    spec = api.run("mine")["spec"]
    assert spec == {
        "name": "mine",
        "tags": [],
        "relu": "relu",
        "update": {
            "rule": "adafactor",
            "lr": 1e-4,
            "beta2_decay": -0.8,
            "eps1": None,
            "eps2": 1e-2,
            "d": 1.0,
            "weight_decay": 0.0,
        },
        "gradients": "closed_form",
        "n": 16,
        "d_in": 20,
        "hidden": 30,
        "d_out": 4,
        "iterations": 100,
        "seed": 7,
        "dtype": "float64",
        "device": "cpu",
        "pace": 2000.5,
        "on_nonfinite": "continue",
        "diagnostics_every": 0,
    }


def test_a_yes_and_a_rate_of_its_own_are_trained_too(visit: Visit, api: Api) -> None:
    visit.field("Name").fill("mine")
    fold(visit)
    visit.field("Nesterov").check()
    visit.field("Momentum").fill("0.5")
    visit.field("Learning rate of w1").fill("2e-7")
    start(visit)
    expect(visit.row("mine").element).to_be_visible()
    assert api.run("mine")["spec"]["update"] == {
        "rule": "sgd",
        "lr": 1e-6,
        "lr_w1": 2e-7,
        "lr_w2": None,
        "momentum": 0.5,
        "dampening": 0.0,
        "weight_decay": 0.0,
        "nesterov": True,
    }
    expect(
        visit.page.get_by_text("clamp · sgd · lr 1e-6 · lr_w1 2e-7 · momentum 0.5")
    ).to_be_visible()


def test_fields_left_empty_take_their_defaults(visit: Visit, api: Api) -> None:
    visit.field("Name").fill("mine")
    for label in ("N", "H", "Learning rate", "Iterations", "Pace"):
        visit.field(label).fill("")
    start(visit)
    expect(visit.row("mine").element).to_be_visible()
    spec = api.run("mine")["spec"]
    assert (spec["n"], spec["hidden"], spec["iterations"]) == (64, 100, 500)
    assert spec["update"]["lr"] == 1e-6
    assert spec["pace"] is None


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
    visit.field("Nesterov").check()
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
    for label, noun in (("ReLU implementation", "relus"), ("Update rule", "rules")):
        for choice in catalog[noun]:
            visit.field(label).select_option(choice["name"])
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
