"""What a person does with the form."""

from playwright.sync_api import Locator

from tests.page.visit import Visit


def folded(visit: Visit) -> Locator:
    """The rarely used hyperparameters."""
    return visit.form.locator("details:not([hidden])")


def fold(visit: Visit) -> None:
    """Fold them away, or unfold them."""
    folded(visit).locator("summary").press("Enter")


def start(visit: Visit) -> None:
    visit.form.get_by_role("button", name="Start").click()
