"""A name is text, whatever is in it: in the table, over a chart, and in the chart's labels."""

import json

from playwright.sync_api import WebSocketRoute, expect

from tests.page.api import Api
from tests.page.test_screens import OVERFLOW
from tests.page.visit import Visit

NAMES = [
    '<b>bold</b> <img src="x" onerror="alert(1)">',
    "a < b && c > d &amp; &lt;i&gt;",
    "<extra>%{x}</extra> %{fullData.name} $x^2$",
    "🚀 emoji 👩‍🔬 \N{COMBINING ACUTE ACCENT}",
    "שלום עולם مرحبا",
]

MIDDLE = """(index) => {
  const plot = document.querySelector('.plot');
  const { xaxis, yaxis } = plot._fullLayout;
  const { x, y } = plot.data[index];
  const i = Math.floor(x.length / 2);
  const box = plot.getBoundingClientRect();
  return [box.x + xaxis._offset + xaxis.d2p(x[i]), box.y + yaxis._offset + yaxis.d2p(y[i])];
}"""
"""Where the middle point of a curve is on the screen."""


def test_a_name_is_shown_as_it_is(visit: Visit, api: Api) -> None:
    for index, name in enumerate(NAMES):  # level lines, far apart
        api.start(name, iterations=40, n=4**index, update={"rule": "sgd", "lr": 0})
    for name in NAMES:
        row = visit.row(name)
        expect(row.state).to_have_text("finished")
        assert row.element.locator(".name").text_content() == name
        expect(row.element.locator("img, b, i")).to_have_count(0)
        visit.until_complete(name, api.losses(name))

    labels = visit.page.locator(".hoverlayer .hovertext")
    visit.page.mouse.move(*visit.page.evaluate(MIDDLE, 0))
    visit.until(
        lambda: all(
            any(text.endswith(name) for text in labels.all_text_contents()) for name in NAMES
        ),
        "a label for each",
    )

    visit.button("Side by side").click()
    captions = visit.charts.locator("figcaption")
    expect(captions).to_have_text(NAMES)
    expect(captions.locator("img, b, i, a")).to_have_count(0)
    for name in NAMES:
        expect(visit.page.get_by_role("group", name=f"Loss of {name}", exact=True)).to_be_visible()


def test_a_name_of_any_length_keeps_the_table_in_shape(visit: Visit, api: Api) -> None:
    name = "word " * 39 + "last"
    api.start(name, iterations=5)
    expect(visit.row(name).state).to_have_text("finished")
    box = visit.row(name).element.locator(".name").bounding_box()
    assert box
    assert box["width"] < 400
    assert box["height"] < 50
    expect(visit.row(name).button("Delete")).to_be_in_viewport()


def test_a_run_without_a_name_is_called_by_what_it_does(visit: Visit, api: Api) -> None:
    visit.form.get_by_label("Full speed").check()
    for field, typed, told in (
        ("Seed", "0", ""),
        ("Seed", "3", " · seed 3"),
        ("H", "20", " · H 20 · seed 3"),
    ):
        visit.field(field).fill(typed)
        visit.form.get_by_role("button", name="Start").click()
        expect(visit.row(f"clamp · sgd · lr 1e-6{told}").state).to_have_text("finished")
        assert api.runs()[0]["spec"]["name"] is None


def test_ten_thousand_characters_of_anything_break_nothing(visit: Visit, api: Api) -> None:
    """More than this server takes; what another one takes, the page shows."""
    long = "".join(NAMES)
    long = (long * (10_000 // len(long) + 1))[:10_000]
    run_id = api.start("short", iterations=40, tags=["brief"], n=8, d_in=10, hidden=10, d_out=2)
    api.start("other", iterations=40, seed=1, n=8, d_in=10, hidden=10, d_out=2)

    def route(page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        page.on_message(server.send)

        def tell(message: str | bytes) -> None:
            if isinstance(message, str):
                told = message.replace('"name":"short"', f'"name":{json.dumps(long)}')
                message = told.replace('"tags":["brief"]', f'"tags":{json.dumps([long] * 3)}')
            page.send(message)

        server.on_message(tell)

    visit.route_sockets(route)
    for query in ("", f"?layout=grid&run={run_id[:8]}", "?layout=difference&group=tags"):
        for width in (1280, 360):
            visit.page.set_viewport_size({"width": width, "height": 900})
            visit.page.goto(f"{api.url}/{query}")
            expect(visit.page.locator(".name").get_by_text(long[:40]).first).to_be_attached()
            visit.charts.first.scroll_into_view_if_needed()
            visit.until(visit.drawn, "a curve, or two")
            assert visit.page.evaluate(OVERFLOW) == 0, (query, width)
    expect(visit.page.locator("main :is(img, b, i)")).to_have_count(0)
    visit.expect_console("422")
    refused = visit.field("Name")
    refused.fill(long)
    visit.form.get_by_role("button", name="Start").click()
    expect(visit.form.get_by_text("at most 200 characters")).to_be_visible()
