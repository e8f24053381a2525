"""The cards of the ReLU implementations: chosen by mouse and keyboard, with what was measured."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests.house.serving import serving
from tests.page.api import COMMAND, Api
from tests.page.filling import start
from tests.page.visit import Visit, Visiting

OWN = """
import torch
from reluscope.training import implementation

@implementation("My leaky one", formula="max(h, 0.01 h)")
def my_leaky(h):
    '''Lets a hundredth through below 0.'''
    return torch.where(h > 0, h, 0.01 * h)

@implementation("Of another shape")
def my_broken_implementation_of_relu(h):
    return h[:, 1:]
"""


def group(visit: Visit) -> Locator:
    return visit.form.get_by_label("ReLU implementation", exact=True)


def curves(requests: list[str]) -> list[str]:
    """The ReLUs whose curves were asked for, in that order."""
    found = (re.search(r"/api/relus/(\w+)/curve", url) for url in requests)
    return [match[1] for match in found if match]


def card(visit: Visit, name: str) -> Locator:
    return group(visit).locator(f"label:has(input[value='{name}'])")


def test_each_card_shows_what_was_measured_once_it_is_seen(
    visiting: Visiting, api: Api, catalog: dict[str, Any]
) -> None:
    visit = visiting(api.url, opens=False)
    visit.page.set_viewport_size({"width": 1280, "height": 500})
    visit.open()
    names = [relu["name"] for relu in catalog["relus"]]
    assert curves(visit.requests) == []

    group(visit).scroll_into_view_if_needed()

    expect(group(visit).locator(".kink")).to_have_count(len(names))
    assert curves(visit.requests) == names
    for name in names:
        curve = api.get(f"/relus/{name}/curve")
        slope = curve["slope_at_0"]
        expect(card(visit, name)).to_contain_text(f"{slope:g} at 0")
        swallows = curve["value_at_nan"] != "NaN"
        expect(card(visit, name).get_by_text("NaN → 0")).to_have_count(int(swallows))
        expect(visit.relu(name)).to_have_accessible_description(
            re.compile(re.escape(curve["kink"]))
        )
        picture = card(visit, name).get_by_role("img")
        expect(picture).to_have_accessible_name(re.compile(re.escape(curve["kink"])))
        dot, axis = (picture.locator(shape).bounding_box() for shape in ("circle", ".axes"))
        assert dot
        assert axis
        # At h = 0, in the middle; a slope of 1 is nearly as high as the value at 1.
        assert abs(dot["x"] + dot["width"] / 2 - axis["x"] - axis["width"] / 2) < 1
        from_top = (dot["y"] + dot["height"] / 2 - axis["y"]) / axis["height"]
        assert abs(from_top - (0.82 - 0.38 * slope)) < 0.05

    visit.relu("where").check()
    told = api.get("/relus/where/curve")
    expect(
        visit.form.get_by_text(f"{told['kink']} Measured on torch {told['torch']}.")
    ).to_be_visible()
    assert curves(visit.requests) == names


def test_the_keyboard_chooses_a_card_and_several(visit: Visit, api: Api) -> None:
    visit.relu("clamp").focus()
    visit.page.keyboard.press("ArrowRight")
    expect(visit.relu("my_relu")).to_be_checked()
    visit.page.keyboard.press("ArrowDown")
    expect(visit.relu("relu")).to_be_checked()
    expect(visit.relu("relu")).to_be_focused()

    several = visit.button("several: ReLU implementation")
    visit.page.keyboard.press("Shift+Tab")
    expect(several).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(several).to_have_attribute("aria-pressed", "true")
    expect(visit.relu("relu")).to_be_checked()
    visit.relu("relu").press("Space")  # the only one stays
    expect(visit.relu("relu")).to_be_checked()
    visit.relu("mask").press("Space")
    expect(visit.form.get_by_text("relu(h) = h * [h > 0]")).to_be_visible()
    expect(visit.button("Start 2 runs")).to_be_visible()
    visit.relu("relu").press("Space")
    start(visit)
    expect(visit.row("mask · sgd · lr 1e-6").element).to_be_visible()
    assert len(api.runs()) == 1

    several.click()
    expect(visit.form.get_by_role("radio", checked=True)).to_have_count(1)
    expect(visit.relu("mask")).to_be_checked()


def test_ones_own_relu_has_a_card_and_a_broken_one_says_why(
    visiting: Visiting, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(OWN)
    command = [*COMMAND, "--no-store", "--load", str(tmp_path / "own.py")]
    with serving(command, tmp_path) as server:
        visit = visiting(server.url, opens=False)
        visit.page.set_viewport_size({"width": 320, "height": 900})
        visit.open()
        broken = "my_broken_implementation_of_relu"
        visit.relu("my_leaky").check()
        expect(card(visit, "my_leaky")).to_contain_text("0.01 at 0")
        visit.relu(broken).check()
        expect(card(visit, broken)).to_contain_text("cannot be used")
        expect(visit.form.get_by_text("It cannot be used: it gives shape")).to_be_visible()
        assert visit.page.evaluate("() => document.documentElement.scrollWidth") <= 320
        expect(visit.button("Start 11 runs: Every ReLU, same start")).to_be_visible()
        visit.page.close()
