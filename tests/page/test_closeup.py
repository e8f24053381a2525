"""One run close up: what is known of it, live, and how it is opened and left."""

import re

from playwright.sync_api import Locator, expect

from tests.page.api import Api
from tests.page.network import Network
from tests.page.visit import LOST, Visit, Visiting

SMALL = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2}


class Closeup:
    """The panel of one run."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.element = visit.page.get_by_role("complementary", name="One run close up")
        self.title = self.element.get_by_role("heading", level=2)
        self.state = self.element.locator(".state")
        self.panel = self.element.get_by_role("tabpanel")

    def open(self, run_id: str) -> "Closeup":
        self.visit.page.goto(f"{self.visit.url}/?run={run_id[:8]}")
        expect(self.title).to_be_visible()
        return self

    def button(self, name: str) -> Locator:
        return self.element.get_by_role("button", name=name, exact=True)

    def tab(self, name: str) -> Locator:
        return self.element.get_by_role("tab", name=name, exact=True)

    def fact(self, title: str) -> Locator:
        """What the list of the open tab says of it."""
        return self.panel.locator(f"dt:text-is('{title}') + dd")

    def chart(self, channel: str) -> Locator:
        return self.panel.get_by_role("slider", name=re.compile(f"^{channel} over"))


def told(chart: Locator) -> str:
    return chart.get_attribute("aria-valuetext") or ""


def test_what_is_measured_is_seen_from_its_beginning_and_as_it_comes(
    visiting: Visiting, api: Api, network: Network
) -> None:
    visit = visiting(network.url)
    visit.expect_console(LOST)
    run_id = api.start("mine", iterations=5000, pace=100, diagnostics_every=5)
    visit.until(lambda: api.run("mine")["iteration"] >= 40, "some iterations")
    closeup = Closeup(visit).open(run_id)

    expect(closeup.title).to_have_text("mine")
    expect(closeup.state).to_have_text("running")
    dead = closeup.chart("Dead units")
    expect(dead).to_have_attribute("aria-valuemin", "0")
    first = int(dead.get_attribute("aria-valuenow") or 0)
    visit.until(lambda: int(dead.get_attribute("aria-valuenow") or 0) > first, "a newer value")
    for _ in range(3):  # whatever was under way is asked for again
        network.cut()
        visit.until(lambda: network.links, "a new connection")
    api.ask(run_id, "stop")
    expect(closeup.state).to_have_text("stopped")

    found = api.get(f"/runs/{run_id}/diagnostics")
    newest = found["iterations"][-1]
    expect(closeup.panel.get_by_role("slider")).to_have_count(len(found["channels"]))
    expect(dead).to_have_attribute("aria-valuenow", str(newest))
    # Every row is there once: the keys go through them one by one, back to the first.
    dead.focus()
    for iteration in reversed(found["iterations"][-4:-1]):
        visit.page.keyboard.press("ArrowLeft")
        expect(dead).to_have_attribute("aria-valuenow", str(iteration))
    visit.page.keyboard.press("Home")
    share = found["channels"]["dead"][0]
    assert told(dead).startswith(f"{100 * share:g} % at iteration 0")


def test_all_that_is_known_of_a_run_is_in_its_tabs(visit: Visit, api: Api) -> None:
    page = visit.page
    run_id = api.start("mine", relu="mask", iterations=50, tags=["first"], update={"rule": "adam"})
    api.start("other", relu="half_abs", iterations=50)
    api.losses("mine")
    api.losses("other")
    closeup = Closeup(visit).open(run_id)

    closeup.tab("Diagnostics").focus()
    for name in ("Settings", "Events", "Environment", "Checks", "Script"):
        page.keyboard.press("ArrowRight")
        expect(closeup.tab(name)).to_be_focused()
        expect(closeup.tab(name)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    expect(closeup.tab("Diagnostics")).to_be_focused()

    closeup.tab("Settings").click()
    expect(closeup.fact("ReLU implementation")).to_have_text(re.compile(r"^mask \(not the default"))
    expect(closeup.fact("Seed")).to_have_text("0")
    closeup.panel.get_by_label("Add a tag").fill("second")
    page.keyboard.press("Enter")
    expect(closeup.panel.get_by_role("listitem")).to_have_text(["first", "second"])
    closeup.panel.get_by_role("button", name="Remove the tag first").click()
    visit.until(lambda: api.run("mine")["spec"]["tags"] == ["second"], "the tag to be gone")

    closeup.tab("Events").click()
    expect(closeup.panel.get_by_role("listitem").first).to_contain_text("finished")
    closeup.panel.get_by_role("button", name="iteration 50").click()

    closeup.tab("Environment").click()
    expect(closeup.fact("PyTorch")).to_have_text(api.get("/catalog")["versions"]["torch"])
    expect(closeup.fact("Id")).to_contain_text(run_id)

    closeup.tab("Checks").click()
    closeup.button("Check it").click()
    expect(closeup.panel.get_by_role("row", name=re.compile("^-inf"))).to_contain_text("NaN")
    expect(closeup.fact("gradcheck")).to_have_text("passed")
    closeup.panel.get_by_label("The other run").select_option("other")
    expect(closeup.panel.get_by_text("They part at iteration")).to_be_visible()
    closeup.button("See the difference").click()
    expect(page).to_have_url(re.compile("layout=difference"))

    closeup.tab("Script").click()
    script = closeup.panel.get_by_role("region", name="The script")
    expect(script).to_contain_text("import torch")
    with page.expect_download() as download:
        closeup.panel.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"reluscope-{run_id[:8]}.py"
    text = download.value.path().read_text()
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    closeup.panel.get_by_role("button", name="Copy").click()
    expect(closeup.panel.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == text


def test_a_run_is_renamed_left_for_its_neighbour_and_closed(visit: Visit, api: Api) -> None:
    page = visit.page
    ids = [api.start(name, iterations=50) for name in ("one", "two")]
    closeup = Closeup(visit).open(ids[0])

    closeup.button("Rename").click()
    name = closeup.element.get_by_label("Name of one")
    name.fill("never")
    page.keyboard.press("Escape")
    expect(closeup.title).to_have_text("one")
    expect(closeup.button("Rename")).to_be_focused()
    closeup.button("Rename").click()
    name.fill("better")
    page.keyboard.press("Enter")
    expect(closeup.title).to_have_text("better")
    closeup.button("Rename").click()
    closeup.element.get_by_label("Name of better").fill("best")
    closeup.tab("Settings").click()
    expect(closeup.title).to_have_text("best")
    api.change(ids[0], name="better")
    expect(closeup.title).to_have_text("better")
    assert api.run("better")["id"] == ids[0]

    expect(closeup.button("Next run")).to_be_disabled()
    closeup.button("Previous run").click()
    expect(closeup.title).to_have_text("two")
    expect(closeup.button("Previous run")).to_be_disabled()
    expect(page).to_have_url(re.compile(f"run={ids[1][:8]}"))
    assert (
        closeup.element.get_by_role("link", name="Link to this run").get_attribute("href")
        == f"?run={ids[1][:8]}&runs={ids[1][:8]}"
    )

    closeup.button("Close").click()
    expect(closeup.element).to_be_hidden()
    expect(visit.row("two").element).to_be_focused()
    expect(page).not_to_have_url(re.compile("run="))


def test_a_run_that_is_deleted_meanwhile_closes_and_one_that_is_not_there_is_told(
    visit: Visit, api: Api
) -> None:
    run_id = api.start("mine", iterations=5000, pace=50)
    closeup = Closeup(visit).open(run_id)
    closeup.button("Fork…").focus()

    api.delete(run_id)
    expect(visit.page.locator("#toast")).to_have_text("mine was deleted")

    expect(closeup.element).to_be_hidden()
    expect(visit.page.locator("#table")).to_be_focused()
    visit.page.goto(f"{visit.url}/?run={run_id[:8]}")
    expect(closeup.element.get_by_text("This run is not on the server")).to_be_visible()
    closeup.button("Close").click()
    expect(closeup.element).to_be_hidden()


def test_who_only_looks_on_steers_nothing_and_a_small_screen_has_room(
    visiting: Visiting, api: Api
) -> None:
    run_id = api.start("mine", iterations=5000, pace=50)
    visit = visiting(api.url, viewport={"width": 360, "height": 800})
    closeup = Closeup(visit).open(run_id)
    expect(closeup.button("Pause")).to_be_visible()
    wide = visit.page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide == 0

    visit.page.goto(f"{visit.url}/?run={run_id[:8]}&follow=somebody")
    expect(closeup.title).to_have_text("mine")
    for steering in ("Pause", "Fork…", "Delete…", "Rename"):
        expect(closeup.button(steering)).to_be_hidden()
    expect(closeup.chart("Norm of w1")).to_be_visible()


def test_runs_can_be_started_though_one_is_close_up(visit: Visit, api: Api) -> None:
    run_id = api.start("mine", iterations=5, **SMALL)
    closeup = Closeup(visit).open(run_id)
    expect(visit.form).to_be_hidden()
    visit.button("New run").click()
    expect(visit.button("Start Tensors and autograd")).to_be_focused()
    expect(visit.form).to_be_visible()
    expect(closeup.element).to_be_hidden()
    expect(visit.button("New run")).to_be_hidden()

    closeup.open(run_id)
    closeup.title.click()
    visit.page.keyboard.press("n")
    expect(visit.button("Start Tensors and autograd")).to_be_focused()


def test_the_next_run_is_the_next_one_in_the_table(visit: Visit, api: Api) -> None:
    ids = {
        name: api.start(name, iterations=5, **SMALL) for name in ("2nd", "1st", "left out", "3rd")
    }
    visit.page.goto(f"{visit.url}/?sort=name&filter=-left&run={ids['2nd'][:8]}")
    closeup = Closeup(visit)
    expect(closeup.title).to_have_text("2nd")
    closeup.button("Next run").click()
    expect(closeup.title).to_have_text("3rd")
    expect(closeup.button("Next run")).to_be_disabled()
    for key, name in (("]", "3rd"), ("[", "2nd"), ("[", "1st"), ("[", "1st"), ("]", "2nd")):
        visit.page.keyboard.press(key)
        expect(closeup.title).to_have_text(name)
