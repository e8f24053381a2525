"""What one does on a small screen, where all is one column: to start, to steer, and to go back."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.conftest import AUTOGRAD, Api, Visit, Visiting

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "is_mobile": True,
    "has_touch": True,
}

SETTLED = """() => new Promise((resolve) => {
  let before = scrollY;
  const look = () => {
    if (scrollY === before) return resolve(scrollY);
    before = scrollY;
    setTimeout(look, 100);
  };
  setTimeout(look, 100);
})"""
"""Once the page scrolls no more."""


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_start_shows_the_chart(visiting: Visiting, api: Api, motion: str) -> None:
    visit = visiting(api.url, **PHONE, reduced_motion=motion)
    expect(visit.charts).not_to_be_in_viewport()
    visit.button(f"Start {AUTOGRAD}").tap()
    expect(visit.charts).to_be_in_viewport(ratio=0.9)
    visit.until_grown(AUTOGRAD)


def test_a_start_moves_no_page_whose_chart_is_seen(visit: Visit) -> None:
    expect(visit.charts).to_be_in_viewport()
    visit.start(AUTOGRAD)
    assert visit.page.evaluate(SETTLED) == 0
