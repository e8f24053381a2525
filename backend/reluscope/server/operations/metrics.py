"""Metrics: what Prometheus is told of the server, counted where things are done anyway.

What can be seen when it is asked for is read then, by a collector; nothing is noted meanwhile. All of
it is for one thread, the event loop's, and stands in a registry of its application's own.
"""

import asyncio
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ...runs.book import Book
from ..socket.hub import Hub

LAG_S = 0.1
"""Between two looks at how late the event loop is."""

LAG_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

DURATION_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

PACKAGES = ("reluscope", "torch")


class Metrics:
    """The registry of one application, and what is counted as it happens."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "reluscope_http_requests",
            "Requests that were answered, and sockets that were closed (status 101), by the template "
            "of their route; of files, page; none where nothing was found, or looked for.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._durations = Histogram(
            "reluscope_http_request_duration_seconds",
            "From the head of a request to the end of its answer.",
            ("route", "method"),
            registry=self.registry,
            buckets=DURATION_BUCKETS_S,
        )
        self._lag = Histogram(
            "reluscope_event_loop_lag_seconds",
            "How much later than it should what the event loop has to do begins.",
            registry=self.registry,
            buckets=LAG_BUCKETS_S,
        )
        self.delivered = Counter(
            "reluscope_webhooks_delivered",
            "Webhooks that their receiver has accepted.",
            registry=self.registry,
        )
        self.failed = Counter(
            "reluscope_webhooks_failed",
            "Webhooks that were given up: refused, not accepted at any attempt, or too many to wait.",
            registry=self.registry,
        )

    def follow(self, book: Book, hub: Hub, waiting: Callable[[], int]) -> None:
        """Read from these whenever it is asked; `waiting` tells how many webhooks are on their way."""
        self.registry.register(_State(book, hub, waiting))

    def count_request(
        self, route: str, method: str, status: int, took_s: float | None = None
    ) -> None:
        """A request was answered in that time; or a socket, which has none, is closed."""
        method = method if method in METHODS else "other"
        self._requests.labels(route, method, str(status)).inc()
        if took_s is not None:
            self._durations.labels(route, method).observe(took_s)

    async def measure_lag(self) -> None:
        """Look how late the event loop is, until cancelled. Of a long standstill each look counts that
        would have been in it: so a quantile is one of moments, not of the looks that came about."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_S
            await asyncio.sleep(LAG_S)
            late_s = max(0.0, loop.time() - due)
            while late_s >= 0.0:
                self._lag.observe(late_s)
                late_s -= LAG_S

    def render(self, accept: str) -> tuple[bytes, str]:
        """All of it as a scraper who accepts that would have it, and of which media type that is."""
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type


class _State(Collector):
    """What is read when it is asked for."""

    def __init__(self, book: Book, hub: Hub, waiting: Callable[[], int]) -> None:
        self._versions = {name: version(name) for name in PACKAGES}
        self._versions["python"] = platform.python_version()
        self._book = book
        self._hub = hub
        self._waiting = waiting

    def collect(self) -> Iterator[Metric]:
        """Everything, as it is now."""
        yield InfoMetricFamily("reluscope_build", "Which versions are running.", self._versions)
        yield from self._runs()
        yield from self._clients()
        yield from self._store()
        yield _gauge("webhooks_waiting", "Webhooks that are on their way.", self._waiting())

    def _runs(self) -> Iterator[Metric]:
        runs = GaugeMetricFamily(
            "reluscope_runs", "Runs that are kept, by state.", None, ["status"]
        )
        for status, count in self._book.counts().items():
            runs.add_metric([status], count)
        yield runs
        trained = CounterMetricFamily(
            "reluscope_iterations",
            "Iterations trained since the server began, by device; also of runs that were deleted.",
            labels=["device"],
        )
        for device, count in {"cpu": 0, **self._book.trained()}.items():
            trained.add_metric([device], count)
        yield trained
        memory = self._book.memory
        held = GaugeMetricFamily(
            "reluscope_memory_held_bytes", "Memory set aside for runs.", None, ["device"]
        )
        budget = GaugeMetricFamily(
            "reluscope_memory_budget_bytes", "Memory that runs may take.", None, ["device"]
        )
        for device, total in memory.budgets.items():
            held.add_metric([device], memory.held(device))
            budget.add_metric([device], total)
        yield held
        yield budget

    def _clients(self) -> Iterator[Metric]:
        sent, behind = self._hub.sent, self._hub.behind()
        yield _counter("streamed_losses", "Losses sent on sockets.", sent.losses)
        yield _counter("streamed_points", "Losses and diagnostics sent on sockets.", sent.points)
        yield _counter("streamed_bytes", "What was sent on sockets, in bytes.", sent.bytes)
        yield _gauge("clients", "Sockets that are open.", self._hub.clients)
        yield _gauge("watched_runs", "Runs that some client watches.", self._hub.watched)
        yield _gauge(
            "slowest_client_behind_iterations",
            "Iterations that are there and that the client who lacks most has yet to be sent.",
            behind.iterations,
        )
        yield _gauge(
            "slowest_client_behind_seconds",
            "How long ago the oldest of those was produced.",
            behind.seconds,
        )

    def _store(self) -> Iterator[Metric]:
        store = self._book.store
        if store is None:
            return
        yield _gauge(
            "store_up", "1 while runs are stored; 0 while in memory alone.", not store.problem
        )
        yield _gauge(
            "store_behind_iterations",
            "Iterations that are in memory and not stored yet.",
            self._book.unstored_iterations(),
        )
        yield _gauge(
            "store_behind_seconds",
            "How long what has waited longest to be stored has waited.",
            store.lag_s,
        )


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"reluscope_{name}", help, value)


def _counter(name: str, help: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"reluscope_{name}", help, value)
