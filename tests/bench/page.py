"""How quick the page is while it shows real runs, in real Chromium.

The runs train on the same cores that the browser draws on, as they do for who runs both at home.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page

from tests.bench.browsing import browsing
from tests.bench.machine import wait_for_quiet
from tests.bench.report import Figure
from tests.bench.served import COMMAND
from tests.bench.stored import fill_long
from tests.bench.targets import Limit
from tests.house.serving import serving

ROUNDS = 3

WINDOW_S = 6.0
"""How long charts are watched as they move."""

CLICKS = 30

LONG = {"a million": 1_000_000, "ten million": 10_000_000}
"""Iterations of runs that are opened, by what they are called."""

ZOOMED = 200
"""Iterations of such a run that are looked at, at two fifths of it."""

HOUR = 1300 * 3600
"""Losses of an hour at the tutorial's own speed."""

QUICK = {"gradients": "gram", "n": 4, "d_in": 4, "hidden": 4, "d_out": 1, "iterations": 10_000_000}
"""Runs that make losses as fast as they can."""

MOVES = """async (ms) => {
  const moved = new Map();
  const seen = [...document.querySelectorAll('.chart')].filter((chart) => {
    const { top, bottom } = chart.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  const watch = new MutationObserver((changes) => {
    const charts = new Set(changes.map(({ target }) => target.closest('.chart')));
    for (const chart of charts) moved.set(chart, (moved.get(chart) ?? 0) + 1);
  });
  const lines = { subtree: true, childList: true, attributes: true, attributeFilter: ['d'] };
  for (const chart of seen) watch.observe(chart.querySelector('.plot'), lines);
  await new Promise((resolve) => setTimeout(resolve, ms));
  watch.disconnect();
  return seen.map((chart) => (moved.get(chart) ?? 0) / (ms / 1000));
}"""
"""How often a second each chart on the screen moves."""

PAINTED = """async ([clicks, names]) => {
  const buttons = [...document.querySelectorAll('#toolbar button')];
  const [one, other] = names.map((name) => buttons.find((button) => button.textContent === name));
  const taken = [];
  for (let i = 0; i < clicks; i++) {
    const button = i % 2 ? other : one;
    await new Promise((resolve) => setTimeout(resolve, 60 + 120 * Math.random()));
    taken.push(await new Promise((resolve) => {
      const began = performance.now();
      const channel = new MessageChannel();
      channel.port1.onmessage = () => resolve(performance.now() - began);
      const look = () => button.getAttribute('aria-pressed') === 'true'
        ? requestAnimationFrame(() => channel.port2.postMessage(0))
        : requestAnimationFrame(look);
      setTimeout(() => { button.click(); look(); });
    }));
  }
  return taken;
}"""
"""From each click to the frame that shows its answer, in ms."""

DRAWN = """(until) => document.querySelector('.plot')?.data?.[0]?.x.at(-1) === until"""

REFINED = """([from, to]) => {
  const x = document.querySelector('.plot')?.data?.[0]?.x ?? [];
  return x.length > to - from && x[0] >= from - 2 && x.at(-1) <= to + 2;
}"""


class PageBench:
    """Everything that is measured of the page."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.moves = {n: Figure(f"{n} running, charts move at least", "1/s") for n in (16, 64)}
        self.clicks = {n: Figure(f"{n} running, a click is answered, p95", "ms") for n in (16, 64)}
        self.fetched = {
            n: Figure(f"a run of {n} iterations opens from the store", "ms") for n in LONG
        }
        self.opened = {n: Figure(f"a run of {n} iterations opens again", "ms") for n in LONG}
        self.zoomed = {n: Figure(f"{n} zoom to {ZOOMED} of them", "ms") for n in LONG}
        self.grown = Figure(f"the page's memory grows in {HOUR:,} losses by", "%")
        self._noisy: set[int] = set()
        self.targets = [
            Limit(self.moves[16], 8.0, is_least=True),
            Limit(self.clicks[16], 100.0),
            Limit(self.moves[64], 3.0, is_least=True),
            Limit(self.clicks[64], 200.0),
            *(Limit(figure, 1000.0) for figure in (*self.fetched.values(), *self.opened.values())),
            *(Limit(figure, 300.0) for figure in self.zoomed.values()),
            Limit(self.grown, 20.0, each_round=False),
        ]

    @property
    def figures(self) -> list[Figure]:
        return [target.figure for target in self.targets]

    def quiet_rounds(self) -> list[int]:
        """Those that found the machine quiet."""
        return [round_ for round_ in range(self._rounds) if round_ not in self._noisy]

    @property
    def _rounds(self) -> int:
        """Those that are over."""
        return min(len(figure.values) for figure in self.zoomed.values())

    def round(self) -> None:
        """Measure everything once; the memory, which takes its time and does not vary, at first only."""
        for count, query in ((16, ""), (64, "?layout=grid")):
            self._wait_for_quiet()
            with running(count) as url, self._page(url + query) as page:
                page.wait_for_function("() => document.querySelectorAll('.js-line').length > 0")
                page.wait_for_timeout(2000)
                self.moves[count].values.append(min(page.evaluate(MOVES, 1000 * WINDOW_S)))
                taken = page.evaluate(PAINTED, [CLICKS, ["Linear", "Log"]])
                self.clicks[count].values.append(statistics.quantiles(taken, n=20)[-1])
        for name, iterations in LONG.items():
            self._wait_for_quiet()
            self._long(name, iterations)
        if not self.grown.values:
            early, late = self._memories()
            self.grown.values.append(100 * (late / early - 1))

    def _long(self, name: str, iterations: int) -> None:
        """Open a long run, which is in the store alone; open it again, and look at a part of it."""
        until, start = iterations - 1, iterations * 2 // 5
        part = [start, start + ZOOMED]
        with tempfile.TemporaryDirectory() as folder, self._page("about:blank") as page:
            fill_long(Path(folder) / "data", iterations)
            with serving(COMMAND, Path(folder)) as server:
                url = server.url
                page.goto(url)
                page.wait_for_function(DRAWN, arg=until)
                page.goto("about:blank")
            port = url.rpartition(":")[2]  # plotly.js is in the browser's cache then
            opening = ((self.fetched, lambda: page.goto(url)), (self.opened, page.reload))
            with serving([*COMMAND, "--port", port], Path(folder)):
                for figures, act in opening:
                    figures[name].values.append(self._took(page, act, DRAWN, until))
                taken = self._took(page, lambda: zoom(page, part), REFINED, part)
                self.zoomed[name].values.append(taken)

    def _wait_for_quiet(self) -> None:
        """What others take while it is measured cannot be told from what the browser does."""
        if not wait_for_quiet(3 * WINDOW_S):
            self._noisy.add(self._rounds)

    def _memories(self) -> tuple[float, float]:
        """The page's memory, in bytes, after a tenth of an hour's losses and after all of them."""
        with (
            tempfile.TemporaryDirectory() as folder,
            serving(COMMAND, Path(folder)) as server,
            self._page(server.url) as page,
        ):
            for seed in range(4):
                page.request.post(f"{server.url}/api/runs", data={**QUICK, "seed": seed})
            early = late = 0.0
            for share in (0.1, 1.0):
                until = int(share * HOUR / 4)
                page.wait_for_function(
                    "(least) => [...document.querySelectorAll('.iteration')].length > 0 && "
                    "[...document.querySelectorAll('.iteration')].every((cell) => "
                    "Number(cell.textContent.split('/')[0].replaceAll(',', '')) >= least)",
                    arg=until,
                    timeout=600_000,
                )
                early, late = late, memory(page)
        return early, late

    @contextmanager
    def _page(self, url: str) -> Iterator[Page]:
        context = self._browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(url)
        yield page
        context.close()

    def _took(self, page: Page, act: Callable[[], Any], done: str, arg: Any) -> float:
        began = time.perf_counter()
        act()
        page.wait_for_function(done, arg=arg)
        return 1000 * (time.perf_counter() - began)


def zoom(page: Page, part: list[int]) -> None:
    """As a person's box over the chart does it."""
    page.evaluate(
        "(range) => window.Plotly.relayout(document.querySelector('.plot'), "
        "{ 'xaxis.range[0]': range[0], 'xaxis.range[1]': range[1] })",
        part,
    )


def memory(page: Page) -> float:
    """What is reachable of the page's memory, in bytes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.collectGarbage")
    told = devtools.send("Runtime.getHeapUsage")
    return float(told["usedSize"]) + float(told.get("backingStorageSize", 0))


@contextmanager
def running(count: int) -> Iterator[str]:
    """While inside, a server trains so many of the tutorial's network at full speed; its address."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(COMMAND, Path(folder)) as server,
        sync_request(server.url) as post,
    ):
        for seed in range(count):
            post({"name": f"run {seed}", "seed": seed, "iterations": 10_000_000})
        yield server.url


@contextmanager
def sync_request(url: str) -> Iterator[Callable[[dict[str, Any]], None]]:
    """What starts a run on a server."""
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:

        def post(spec: dict[str, Any]) -> None:
            client.post("/api/runs", json=spec).raise_for_status()

        yield post


@contextmanager
def opened() -> Iterator[PageBench]:
    """While inside, there is a browser to measure with."""
    with browsing() as browser:
        yield PageBench(browser)
