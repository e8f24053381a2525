"""Many viewers at once: what each of them gets, how late, and what that costs the runs that they watch.

The crowd is on the same cores, which it needs for what it takes in; so do the browsers of people who
run server and page on one machine.
"""

import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
from playwright.sync_api import Browser

from tests.bench.booked import CPU_WORKERS
from tests.bench.browsing import browsing
from tests.bench.crowd import Seen, crowd
from tests.bench.machine import Others, wait_for_quiet
from tests.bench.report import Figure
from tests.bench.served import Served
from tests.bench.targets import Limit, Target
from tests.bench.tutorials import rate
from tests.house.serving import serving

ROUNDS = 3

COUNTS = (1, 100, 1000, 2000)

MANY = 1000

RUNS = 4

WINDOW_S = 4.0

CAUGHT_UP_S = 6.0
"""In which a crowd has come, and has what was there before."""

ENOUGH = 100
"""Blocks that a page has shown before it is measured."""

QUIET_ROUND_CORES = 0.25
"""What others may take in a round that counts."""

SOCKETS = ("--max-sockets", "4000", "--max-sockets-per-address", "4000")

COMMAND = (
    *(sys.executable, "-m", "reluscope", "--port", "0", "--workers", str(CPU_WORKERS)),
    *SOCKETS,
)

SEEN_AND_SHOWN = """() => {
  const pending = [];
  window.delays = [];
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        if (typeof data === "string") return;
        const view = new DataView(data);
        let at = 0;
        while (at < view.byteLength) {
          const [kind, count] = [view.getUint8(at + 1), view.getUint32(at + 4, true)];
          if (kind === 1) pending.push(view.getFloat64(at + 32, true));
          at += 40 + count * (kind === 1 ? 8 : 16);
        }
      });
    }
  };
  const channel = new MessageChannel();
  let shown = [];
  channel.port1.onmessage = () => {
    const now = (performance.timeOrigin + performance.now()) / 1000;
    for (const at of shown) window.delays.push(1000 * (now - at));
    shown = [];
  };
  const watch = new MutationObserver(() => {
    if (!pending.length) return;
    shown.push(...pending.splice(0));
    channel.port2.postMessage(0);
  });
  const begin = () => {
    const charts = document.querySelector("#charts");
    watch.observe(charts, { subtree: true, attributes: true, attributeFilter: ["d"] });
  };
  addEventListener("DOMContentLoaded", begin);
}"""
"""Of each block that comes, how long after its newest loss the first frame is shown that was drawn since."""


def people(count: int) -> str:
    """So many, in words."""
    return "1 viewer" if count == 1 else f"{count:,} viewers"


def watched_by(count: int) -> str:
    """The title of the rate of runs that so many watch."""
    return f"{RUNS} runs, {people(count)}"


class ViewersBench:
    """All of it."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._alone = {
            n: Figure(f"{RUNS} runs alone, before and after {people(n)}", "it/s") for n in COUNTS
        }
        self._watched = {n: Figure(watched_by(n), "it/s", base) for n, base in self._alone.items()}
        self._frames = {n: Figure(f"{people(n)}, each gets at least", "1/s") for n in COUNTS}
        self._delays = {
            n: [Figure(f"{people(n)}, delay {p}", "ms") for p in ("p50", "p99")] for n in COUNTS
        }
        self._eight = [Figure(f"8 runs, 100 viewers, delay {p}", "ms") for p in ("p50", "p99")]
        self._loop = Figure("64 runs, 100 viewers, a heartbeat is answered, p99", "ms")
        self._pixel = [Figure(f"{RUNS} runs, delay to the pixel {p}", "ms") for p in ("p50", "p99")]
        self._memory = Figure(f"memory for each of {MANY:,} viewers", "kB")
        self._missed = Figure("losses that did not come, to all of them", "")
        self._others = Figure("taken by others meanwhile", "cores")
        self.targets: list[Target | Limit] = [
            Target(self._watched[MANY], 0.7),
            Limit(self._frames[MANY], 10.0, is_least=True),
            Limit(self._missed, 0.0),
            Limit(self._memory, 50.0),
            Limit(self._eight[0], 40.0),
            Limit(self._eight[1], 100.0),
            Limit(self._loop, 10.0),
            Limit(self._pixel[0], 120.0),
        ]

    @property
    def figures(self) -> list[Figure]:
        per_count = [
            [self._alone[n], self._watched[n], self._frames[n], *self._delays[n]] for n in COUNTS
        ]
        rest = [*self._eight, self._loop, *self._pixel, self._memory, self._missed, self._others]
        return [*(figure for figures in per_count for figure in figures), *rest]

    def quiet_rounds(self) -> list[int]:
        """Those in which others took little."""
        taken = self._others.values
        return [round_ for round_, cores in enumerate(taken) if cores < QUIET_ROUND_CORES]

    def round(self) -> None:
        """Measure everything once."""
        wait_for_quiet(3 * WINDOW_S)
        others = Others()
        missed = self._by_count()
        for count, measure in ((8, self._with_eight), (64, self._with_64), (RUNS, self._to_pixels)):
            with running(count) as (server, ids):
                missed += measure(server, ids)
        self._missed.values.append(missed)
        self._others.values.append(others.cores())

    def _by_count(self) -> int:
        """`RUNS` runs, and more and more viewers; how many losses did not come."""
        missed = 0
        with running(RUNS) as (server, ids):
            time.sleep(WINDOW_S)
            before = server.rate(WINDOW_S)
            for count in COUNTS:
                memory = server.memory()
                seen = watched(server, ids, count)
                if count == MANY:
                    self._memory.values.append((seen.memory - memory) / count / 1000)
                after = server.rate(WINDOW_S)
                self._alone[count].values.append((before + after) / 2)
                self._watched[count].values.append(seen.rate)
                self._frames[count].values.append(seen.crowd.frames_per_s[0])
                note(self._delays[count], seen.crowd)
                missed += seen.crowd.missed + (count - seen.crowd.viewers)
                before = after
        return missed

    def _with_eight(self, server: "Running", ids: Sequence[str]) -> int:
        seen = watched(server, ids, 100)
        note(self._eight, seen.crowd)
        return seen.crowd.missed

    def _with_64(self, server: "Running", ids: Sequence[str]) -> int:
        with crowd(server.url, server.heads(ids), 100) as viewers:
            time.sleep(CAUGHT_UP_S)
            viewers.begin(0.0, WINDOW_S)
            beats = server.heartbeats(WINDOW_S)
            seen = viewers.seen()
        self._loop.values.append(statistics.quantiles(beats, n=100)[98])
        return seen.missed

    def _to_pixels(self, server: "Running", _: Sequence[str]) -> int:
        context = self._browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.add_init_script(f"({SEEN_AND_SHOWN})()")
        page.goto(server.url)
        page.wait_for_function(f"() => window.delays.length > {ENOUGH}")
        page.evaluate("() => { window.delays.length = 0; }")
        page.wait_for_timeout(1000 * WINDOW_S)
        page.wait_for_function("() => window.delays.length > 1")
        taken = page.evaluate("() => window.delays")
        cuts = statistics.quantiles(taken, n=100)
        for figure, place in zip(self._pixel, (49, 98), strict=True):
            figure.values.append(cuts[place])
        context.close()
        return 0


class Running(Served):
    """A server that trains."""

    def __init__(self, url: str, pid: int) -> None:
        super().__init__(url)
        self.url = url
        self._process = psutil.Process(pid)

    def rate(self, window_s: float) -> float:
        """Iterations per second of all its runs, over a window."""
        return rate(self.trained, 0.0, window_s)

    def heads(self, run_ids: Sequence[str]) -> dict[str, int]:
        """How far these runs are: where the page begins to watch a run whose overview it has."""
        views = (self.view(run_id) for run_id in run_ids)
        return {view["id"]: view["iteration"] for view in views}

    def memory(self) -> int:
        """What it has, in bytes."""
        rss: int = self._process.memory_info().rss
        return rss


class Watched(NamedTuple):
    """What was seen of a crowd from both sides."""

    crowd: Seen
    rate: float
    """Iterations per second of all runs meanwhile."""
    memory: int
    """What the server had, in bytes."""


def watched(server: Running, ids: Sequence[str], count: int) -> Watched:
    """What there is to be seen while so many watch."""
    with crowd(server.url, server.heads(ids), count) as viewers:
        viewers.begin(CAUGHT_UP_S, WINDOW_S)
        time.sleep(CAUGHT_UP_S)
        trained, memory = server.rate(WINDOW_S), server.memory()
        return Watched(viewers.seen(), trained, memory)


def note(figures: Sequence[Figure], seen: Seen) -> None:
    """Both delays."""
    for figure, value in zip(figures, seen.delay_ms, strict=False):
        figure.values.append(value)


@contextmanager
def running(count: int) -> Iterator[tuple[Running, list[str]]]:
    """While inside, a server trains so many runs of both tutorials; it, and their ids."""
    with tempfile.TemporaryDirectory() as folder, serving(COMMAND, Path(folder)) as server:
        made = Running(server.url, server.process.pid)
        with contextlib.closing(made), made.training(count) as ids:
            yield made, ids


@contextmanager
def opened() -> Iterator[ViewersBench]:
    """While inside, all that it is measured with is there."""
    with browsing() as browser:
        yield ViewersBench(browser)
