"""A person's visit to the page, in real Chromium."""

import html
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    WebSocket,
    WebSocketRoute,
    expect,
)

from tests.waiting import DEADLINE_S

POLL_MS = 25

AUTOGRAD = "Tensors and autograd"
CUSTOM_FUNCTION = "Defining new autograd functions"

CONNECTED = re.compile(r"^connected")

LOST = r"WebSocket connection|net::ERR_"
"""What Chromium says of a connection that is lost; which of its many words, the moment decides."""

GONE = re.compile(r"/api/runs/[^/]+/(events|diagnostics|losses|times)(\?|$)")
"""What a page asks by itself of a run, which may have been deleted just before."""

DRAWN = """() => [...document.querySelectorAll('.plot')].flatMap((plot) =>
  (plot.data ?? []).map(({ name, mode, x, y, text, marker }) => ({ name, mode, x, y, text, symbol: marker?.symbol })))"""

POINTS = """() => [...document.querySelectorAll('.plot')].flatMap((plot) =>
  (plot.data ?? []).filter(({ text }) => text === undefined).map(({ name, x }) => [name, x.length]))"""
"""As `DRAWN` has it of the curves, but not the points themselves, which take long to be told."""

AXIS = """(name) => {
  const { type, range } = document.querySelector('.plot')?._fullLayout?.[name] ?? {};
  return { type, range };
}"""


class Visit:
    """What the person sees and does, and what went wrong meanwhile."""

    def __init__(self, page: Page, url: str) -> None:
        self.context = page.context
        self.page = page
        self.url = url
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.sockets: list[str] = []
        self.received = 0
        self.is_altered = False
        """Whether the page is no longer as any other, and will not be."""
        self._expected: list[str] = []
        self.context.on("request", self._note)
        self.context.on("console", self._hear)
        self.page.on("pageerror", self._fail)
        self.page.on("websocket", self._hear_socket)

    def leave(self) -> None:
        """Hear no more of what goes on there."""
        self.context.remove_listener("request", self._note)
        self.context.remove_listener("console", self._hear)
        self.page.remove_listener("pageerror", self._fail)
        self.page.remove_listener("websocket", self._hear_socket)

    def route_sockets(self, handler: Callable[[WebSocketRoute], None]) -> None:
        """From the next connection on, have the live socket come through `handler`."""
        self.page.route_web_socket(re.compile(r"/api/live"), handler)
        self.is_altered = True

    def begin_with(self, script: str) -> None:
        """Have each page begin with a script of the test's."""
        self.page.add_init_script(script)
        self.is_altered = True

    def open(self) -> "Visit":
        self.page.goto(self.url)
        expect(self.status).to_contain_text(CONNECTED)
        expect(self.form.get_by_role("button", name="Start")).to_be_visible()
        return self

    def expect_console(self, pattern: str) -> None:
        """Chromium itself says so, as it does of each refused request: that is no fault here."""
        self._expected.append(pattern)

    def check(self) -> None:
        """Nothing went wrong, and nothing was asked of another machine."""
        faults = [
            error
            for error in self.errors
            if not any(re.search(expected, error) for expected in self._expected)
        ]
        assert not faults
        assert not list(filter(self._is_foreign, [*self.requests, *self.sockets]))

    def until(self, look: Callable[[], Any], what: str) -> Any:
        """The first true value that `look` gives."""
        end = time.monotonic() + DEADLINE_S
        while not (value := look()):
            assert time.monotonic() < end, f"waited {DEADLINE_S} s in vain for {what}"
            self.page.wait_for_timeout(POLL_MS)
        return value

    @property
    def status(self) -> Locator:
        return self.page.get_by_role("status")

    @property
    def charts(self) -> Locator:
        return self.page.get_by_role("figure")

    @property
    def form(self) -> Locator:
        return self.page.get_by_role("region", name="Your own run")

    def field(self, label: str) -> Locator:
        """A field of the form, by its label without the unit."""
        name = re.compile(rf"^{re.escape(label)}\s*(\(|$)")
        typed, chosen, checked = (
            self.form.get_by_role(role, name=name) for role in ("textbox", "combobox", "checkbox")
        )
        return typed.or_(chosen).or_(checked)

    def relu(self, name: str) -> Locator:
        """The card of a ReLU implementation."""
        cards = self.form.get_by_label("ReLU implementation", exact=True)
        radio, box = (
            cards.get_by_role(role, name=name, exact=True) for role in ("radio", "checkbox")
        )
        return radio.or_(box)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def row(self, name: str) -> "Row":
        return Row(self.page, name)

    @property
    def table(self) -> Locator:
        return self.page.get_by_role("table", name="Runs")

    def names(self) -> list[str]:
        """What the runs are called in the rows that are there, from the top."""
        return self.table.locator("button.name").all_inner_texts()

    def until_names(self, *names: str) -> None:
        """Wait until these runs are in the table, in that order and no others."""
        self.until(lambda: self.names() == list(names), f"the rows {names}, of {self.names()}")

    def start(self, preset: str) -> "Row":
        self.button(f"Start {preset}").click()
        row = self.row(preset)
        expect(row.element).to_be_visible()
        return row

    def drawn(self) -> dict[str, dict[str, list[Any]]]:
        """The curves as Plotly has them, by name: x, the iterations, and y, the losses."""
        return {_name(trace): trace for trace in self._traces() if trace["text"] is None}

    def marks(self) -> dict[str, dict[str, list[Any]]]:
        """The marks where losses are not finite, by the name of the run."""
        return {_name(trace): trace for trace in self._traces() if _is_marks(trace, "x")}

    def changes(self) -> dict[str, dict[str, list[Any]]]:
        """The marks where a run was changed, by its name."""
        return {_name(trace): trace for trace in self._traces() if _is_marks(trace, "diamond")}

    def beside(self, what: str) -> dict[str, list[dict[str, Any]]]:
        """What is drawn beside the curves, by name: the losses themselves of one that is smoothed
        (`faint`), the lowest and the highest of runs that are taken together (`band`)."""
        found: dict[str, list[dict[str, Any]]] = {}
        for trace in self._traces():
            if trace["text"] == what:
                found.setdefault(_name(trace), []).append(trace)
        return found

    def axis(self, name: str) -> dict[str, Any]:
        """An axis of the first chart: its type, and its range as Plotly counts it."""
        axis: dict[str, Any] = self.page.evaluate(AXIS, name)
        return axis

    def points(self, name: str) -> int:
        """How many points of a run's curve are drawn."""
        return self._points().get(name, 0)

    def until_points(self, name: str, count: int) -> int:
        """Wait until at least so many are drawn; how many they are then."""
        return self.until(
            lambda: (points := self.points(name)) >= count and points, f"{count} points of {name}"
        )

    def until_grown(self, *names: str) -> None:
        """Wait until the curves are seen to grow."""

        def points() -> list[int]:
            found = self._points()
            return [found.get(name, 0) for name in names]

        before = self.until(lambda: all(now := points()) and now, f"{names} to be drawn")
        self.until(
            lambda: all(b > a for a, b in zip(before, points(), strict=True)), f"{names} to grow"
        )

    def until_complete(self, name: str, losses: list[Any]) -> None:
        """Wait until the whole of a curve is drawn; it is those losses, each once and in order."""
        self.until_points(name, len(losses))
        curve = self.drawn()[name]
        assert curve["x"] == list(range(len(losses)))
        assert curve["y"] == losses

    def _points(self) -> dict[str, int]:
        return {html.unescape(name): count for name, count in self.page.evaluate(POINTS)}

    def _traces(self) -> list[dict[str, Any]]:
        traces: list[dict[str, Any]] = self.page.evaluate(DRAWN)
        return traces

    def _is_foreign(self, url: str) -> bool:
        parts = urlsplit(url)
        at_home = parts.scheme in ("data", "blob") or parts.netloc == urlsplit(self.url).netloc
        return not at_home

    def _note(self, request: Request) -> None:
        self.requests.append(request.url)

    def _fail(self, error: Error) -> None:
        self.errors.append(f"page error: {error}")

    def _hear_socket(self, socket: WebSocket) -> None:
        self.sockets.append(socket.url)
        socket.on("framereceived", self._count)

    def _count(self, frame: str | bytes) -> None:
        """How many bytes of values have come."""
        self.received += len(frame) if isinstance(frame, bytes) else 0

    def _hear(self, message: ConsoleMessage) -> None:
        is_gone = "status of 404" in message.text and GONE.search(message.location["url"])
        if message.type in ("error", "warning") and not is_gone:
            where = message.location["url"]
            self.errors.append(f"console {message.type}: {message.text} ({where})")


def _is_marks(trace: dict[str, Any], symbol: str) -> bool:
    return isinstance(trace["text"], list) and trace["symbol"] == symbol


def _name(trace: dict[str, Any]) -> str:
    """What Plotly makes of a name, which it reads as a kind of HTML."""
    return html.unescape(trace["name"])


class Row:
    """A run in the table."""

    def __init__(self, page: Page, name: str) -> None:
        self.name = name
        self.element = page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))
        self.state = self.element.locator(".state")
        self.reason = self.element.locator(".reason")
        self.loss = self.element.locator(".loss")
        self.picked = self.element.get_by_role("checkbox", name=f"Pick {name}", exact=True)
        self.name_button = self.element.get_by_role("button", name=name, exact=True)
        self.progress = self.element.get_by_role("progressbar")
        self.pin = self.element.get_by_role("button", name=f"Pin {name}", exact=True)
        self.shown = self.element.get_by_role("checkbox", name=f"Show the curve of {name}")

    def press(self, button: str) -> None:
        self.button(button).click()

    def button(self, name: str) -> Locator:
        return self.element.get_by_role("button", name=f"{name} {self.name}", exact=True)

    def delete(self) -> None:
        """Delete it, and say that this is meant."""
        self.press("Delete")
        question = self.element.page.get_by_role(
            "dialog", name=f"Delete {self.name}, with its curve?"
        )
        question.get_by_role("button", name="Delete", exact=True).click()

    def menu(self, entry: str) -> None:
        """Choose an entry of the menu at the end of the row."""
        self.button("More for").click()
        self.element.page.get_by_role("menuitem", name=entry, exact=True).click()

    def iteration(self) -> int:
        """As the table has it."""
        told = self.element.locator(".iteration").inner_text()
        return int(told.split("/")[0].replace(",", ""))


Visiting = Callable[..., Visit]
"""Begins a visit, as the fixture `visiting` does."""
