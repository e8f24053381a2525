"""The script of a run, large."""

import pytest
from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.network import Network
from tests.page.test_access import SCREENS, SMALL, assert_usable
from tests.page.test_closeup import Closeup
from tests.page.visit import LOST, Visiting


def test_no_run_has_the_script_of_another_though_its_own_cannot_be_had(
    visiting: Visiting, api: Api, network: Network
) -> None:
    names = ("one", "two")
    one, _ = (api.start(name, iterations=5, seed=seed, **SMALL) for seed, name in enumerate(names))
    for name in names:
        api.losses(name)
    visit = visiting(network.url)
    visit.expect_console(LOST)
    closeup = Closeup(visit).open(one)
    closeup.tab("Script").click()
    script = closeup.panel.get_by_role("region", name="The script")
    expect(script).to_contain_text("manual_seed(0)")

    network.down = True
    network.cut()
    expect(visit.status).to_contain_text("not connected")
    closeup.button("Previous run").click()
    expect(closeup.title).to_have_text("two")
    expect(script).to_be_hidden()

    network.down = False
    expect(script).to_contain_text("manual_seed(1)")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_script_is_read_as_large_as_the_window(visiting: Visiting, api: Api, screen: str) -> None:
    run_id = api.start("mine", iterations=5, **SMALL)
    api.losses("mine")  # its end moves what lies beneath
    visit = visiting(api.url, **SCREENS[screen])
    closeup = Closeup(visit).open(run_id)
    closeup.tab("Script").click()
    small = closeup.panel.get_by_role("region", name="The script")
    expect(small).to_contain_text("import torch")
    written = small.inner_text()
    closeup.button("Open large").click()

    dialog = visit.page.get_by_role("dialog", name="The script of mine")
    large = dialog.get_by_role("region", name="The script")
    assert large.inner_text() == written
    expect(large).to_be_focused()
    box, window = dialog.bounding_box(), visit.page.viewport_size
    assert box
    assert window
    assert box["width"] > 0.85 * window["width"]
    assert box["height"] > 0.85 * window["height"]
    assert large.evaluate("text => text.scrollHeight > text.clientHeight")
    assert dialog.evaluate("dialog => dialog.scrollHeight - dialog.clientHeight") <= 0
    expect(dialog.get_by_role("button", name="Copy")).to_be_in_viewport()
    with visit.page.expect_download():
        dialog.get_by_role("link", name="Download").click()
    assert_usable(visit.page, "script", "dialog[open]")

    visit.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(closeup.title).to_have_text("mine")
    expect(closeup.button("Open large")).to_be_focused()
    closeup.button("Open large").click()
    dialog.get_by_role("button", name="Close").click()
    expect(closeup.button("Open large")).to_be_focused()
