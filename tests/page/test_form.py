"""The form: made from the catalog; what is typed there is what is trained."""

import re
from typing import Any

from playwright.sync_api import Locator, expect

from tests.page.api import Api
from tests.page.filling import fold, folded, start
from tests.page.test_screens import PHONE
from tests.page.visit import AUTOGRAD, Visit, Visiting

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
    "tags": "Tags",
}


def options(select: Locator) -> list[str]:
    values: list[str] = select.evaluate("select => [...select.options].map((o) => o.value)")
    return values


def hyperparameters(visit: Visit) -> list[str]:
    """The fields of the rule that is chosen."""
    return [
        (field.get_attribute("name") or "").removeprefix("update.")
        for field in visit.form.locator("input[name^='update.']").all()
    ]


def test_the_form_is_made_from_the_catalog(visit: Visit, catalog: dict[str, Any]) -> None:
    assert_every_choice_is_offered_and_explained(visit, catalog)
    visit.page.reload()
    assert_every_field_has_a_label_its_help_and_its_default(visit, catalog)
    visit.form.locator(".card").last.scroll_into_view_if_needed()
    expect(visit.form.locator(".kink")).to_have_count(
        len(catalog["relus"])
    )  # all stays in its place
    assert_hyperparameters_are_those_of_the_rule(visit, catalog)
    # A phone's keyboard for numbers has neither the e nor the minus of 1e-6.
    assert visit.field("Learning rate").get_attribute("inputmode") is None
    expect(visit.field("Seed")).to_have_attribute("inputmode", "decimal")


def assert_every_choice_is_offered_and_explained(visit: Visit, catalog: dict[str, Any]) -> None:
    assert [card.input_value() for card in visit.form.get_by_role("radio").all()] == [
        relu["name"] for relu in catalog["relus"]
    ]
    for relu in catalog["relus"]:
        visit.relu(relu["name"]).check()
        expect(visit.form.get_by_text(relu["help"], exact=True)).to_be_visible()
        code = visit.form.get_by_role("code")
        expect(code).to_have_text(f"relu(h) = {relu['formula']}\n{relu['code']}")
    for label, noun in (
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


def assert_every_field_has_a_label_its_help_and_its_default(
    visit: Visit, catalog: dict[str, Any]
) -> None:
    properties = catalog["spec"]["properties"]
    assert properties.keys() == LABELS.keys()
    for name, label in LABELS.items():
        schema = properties[name]
        if name == "relu":
            expect(visit.relu(schema["default"])).to_be_checked()
            group = visit.form.get_by_role("radiogroup", name=label)
            expect(group).to_have_accessible_description(
                re.compile(re.escape(schema["description"]))
            )
            continue
        field = visit.field(label)
        expect(field).to_be_visible()
        if name == "update":
            expect(field).to_have_value(schema["default"]["rule"])
            continue
        expect(field).to_have_accessible_description(re.compile(re.escape(schema["description"])))
        expected = {"pace": "50", "name": "", "tags": ""}.get(name, str(schema["default"]))
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


def test_a_field_tells_its_bounds_its_default_and_its_unit(
    visit: Visit, catalog: dict[str, Any]
) -> None:
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

    units = {
        name: schema["unit"]
        for name, schema in catalog["spec"]["properties"].items()
        if "unit" in schema
    }
    assert {"pace", "iterations"} & set(units)
    for name, unit in units.items():
        named = visit.form.get_by_role("textbox", name=f"{LABELS[name]} ({unit})", exact=True)
        expect(named).to_be_visible()


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


def test_what_is_typed_for_a_rule_is_there_when_it_is_chosen_again_until_a_tutorial_fills_every_field(
    visit: Visit,
) -> None:
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

    visit.field("Update rule").select_option("adam")
    expect(visit.field("Beta 1")).to_have_value("0.8")
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
        "Update rule": "adafactor",
        "Gradients": "closed_form",
        "Data type": "float64",
        "On NaN or inf": "continue",
    }
    visit.relu("relu").check()
    for label, value in typed.items():
        visit.field(label).select_option(value)
    fold(visit)
    for label, value in {
        "Name": " mine ",
        "Tags": " first, second try,, ",
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
        "tags": ["first", "second try"],
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


def test_a_finger_is_told_what_a_field_is_for_once_it_has_touched_it(
    visiting: Visiting, api: Api
) -> None:
    visit = visiting(api.url, **PHONE)
    for label, told in {
        "Seed": "Decides data and start weights: same seed, same start.",
        "Diagnostics every": "How often units and norms are measured; 0 for never.",
    }.items():
        hint = visit.form.get_by_text(told)
        expect(hint).to_be_hidden()
        visit.field(label).tap()
        expect(hint).to_be_visible()
    visit.field("On NaN or inf").focus()
    expect(visit.form.get_by_text("What to do at the first loss")).to_be_visible()
