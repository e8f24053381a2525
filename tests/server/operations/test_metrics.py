"""What Prometheus is told, read by its own library's parsers."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client import openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse

from reluscope.runs.store import store as stores
from reluscope.server.operations.metrics import LAG_S, Metrics
from tests.waiting import eventually

from ..serving import LONG, TINY, Api, Server, in_thread
from ..socket.stalled import StalledViewer
from ..watching import Curves, Viewer

Values = Mapping[tuple[str, frozenset[tuple[str, str]]], float]

OPEN = {"accept": "application/openmetrics-text; version=1.0.0"}

MORE_THAN_BUFFERS_HOLD = 2_000_000
"""Losses."""


def scrape(api: Api) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """All samples."""
    answer = api.http.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parse(answer.text)
        for sample in family.samples
    }


def value(values: Values, name: str, **labels: str) -> float:
    return values[f"reluscope_{name}", frozenset(labels.items())]


def test_it_is_what_the_parsers_know_and_every_name_says_what_it_is(api):
    answers = [api.http.get("/metrics"), api.http.get("/metrics", headers=OPEN)]
    assert answers[0].headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answers[1].headers["content-type"].startswith("application/openmetrics-text")
    for answer, read in zip(answers, (parse, parse_open), strict=True):
        families = list(read(answer.text))
        assert len({family.name for family in families}) == len(families)
        for family in families:
            assert family.name.startswith(("reluscope_", "process_"))
            assert family.documentation
    counters = {family.name for family in parse_open(answers[1].text) if family.type == "counter"}
    assert {"reluscope_iterations", "reluscope_http_requests"} <= counters


def test_it_counts_what_a_session_did(api, live_url):
    before = scrape(api)
    run_id = api.start(**TINY, diagnostics_every=50)
    api.until_ended(run_id)
    paused = api.start(**LONG, pace=1e-3)
    api.until_at(paused, 1)
    api.verb(paused, "pause")
    with Viewer(live_url) as viewer, Viewer(f"{live_url}?encoding=json") as reader:
        viewer.watch({run_id: 0, paused: 1}, channels=["dead"])
        viewer.read(Curves({run_id: 0}), {run_id: 500})
        reader.watch({run_id: 490}, channels=[])
        reader.until_said("losses")
        eventually(lambda: value(scrape(api), "streamed_losses_total") >= 510, "the last is sent")
        after = scrape(api)
    for status, count in (("finished", 1), ("paused", 1), ("running", 0), ("failed", 0)):
        assert value(after, "runs", status=status) == count

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert more("iterations_total", device="cpu") == 501
    assert more("streamed_losses_total") == 510
    assert more("streamed_points_total") == 510 + 10
    assert more("streamed_bytes_total") > 8 * 510
    assert value(after, "clients") == 2
    assert value(after, "watched_runs") == 2
    assert value(after, "slowest_client_behind_iterations") == 0
    assert value(after, "memory_held_bytes", device="cpu") > 0
    assert value(after, "memory_budget_bytes", device="cpu") > 0
    assert value(after, "store_up") == 1
    api.http.delete(f"/api/runs/{run_id}")
    eventually(lambda: value(scrape(api), "clients") == 0, "the sockets are gone")
    last = scrape(api)
    assert value(last, "runs", status="finished") == 0
    assert value(last, "iterations_total", device="cpu") == value(
        after, "iterations_total", device="cpu"
    )
    assert value(last, "watched_runs") == 0


def test_what_was_there_before_or_comes_from_elsewhere_was_not_trained_here(tmp_path):
    with in_thread(data=tmp_path) as server:
        run_id = server.api.start(**TINY)
        server.api.until_ended(run_id)
        taken = server.api.http.get("/api/export", params={"id": run_id}).content
        server.book.settled().result()
    with in_thread(data=tmp_path) as server:
        headers = {"content-type": "application/zip"}
        came = server.api.http.post("/api/import", content=taken, headers=headers)
        assert came.status_code == 201
        values = scrape(server.api)
        assert value(values, "runs", status="finished") == 2
        assert value(values, "iterations_total", device="cpu") == 0


def test_it_tells_how_far_the_slowest_is_behind(server: Server, api: Api):
    run_id, start = server.paused_with([])
    at = time.time() - 100
    server.extend(run_id, [0.5] * 500_000, at=at)
    with StalledViewer(api.port) as stalled, Viewer(server.live_url) as quick:
        quick.watch({run_id: start + 500_000})
        for _ in range(MORE_THAN_BUFFERS_HOLD // 500_000):
            stalled.send({"type": "watch", "runs": {run_id: start}})
        behind = eventually(
            lambda: value(values := scrape(api), "slowest_client_behind_iterations") and values,
            "it is behind",
        )
    assert 0 < value(behind, "slowest_client_behind_iterations") <= 500_000
    assert 100 <= value(behind, "slowest_client_behind_seconds") < 200


def test_it_tells_how_far_the_store_is_behind(server: Server, api: Api, monkeypatch):
    monkeypatch.setattr(stores, "RETRY_S", 0.05)
    batch = stores.Batch

    def fails() -> None:
        raise OSError("no room")

    monkeypatch.setattr(stores, "Batch", fails)
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    eventually(lambda: server.book.store.problem, "the problem")
    values = scrape(api)
    assert value(values, "store_up") == 0
    assert value(values, "store_behind_iterations") == 500
    waited_s = value(values, "store_behind_seconds")
    assert waited_s > 0
    eventually(lambda: value(scrape(api), "store_behind_seconds") > waited_s + 0.2, "it waits on")
    monkeypatch.setattr(stores, "Batch", batch)
    eventually(lambda: server.book.store.problem is None, "it is back")
    eventually(lambda: value(scrape(api), "store_behind_seconds") == 0, "all is stored")
    assert value(scrape(api), "store_behind_iterations") == 0
    server.errors.clear()


def test_without_a_store_none_is_spoken_of():
    with in_thread(store=False) as server:
        assert "reluscope_store" not in server.api.http.get("/metrics").text


def test_requests_are_told_by_templates_and_never_by_paths(server: Server, api: Api):
    before = scrape(api)
    run_id = api.start(**TINY)
    for _ in range(3):
        api.http.get(f"/api/runs/{run_id}")
    for path in ("/nothing-1", "/api/nothing-2", "/api/runs/nothing-3", "/main.js"):
        api.http.get(path)
    api.http.get("/", headers={"host": "nothing-4"})
    api.http.request("PROPFIND", "/api/runs")
    with Viewer(server.live_url):
        pass

    def more(route: str, method: str, status: int) -> float:
        name = "reluscope_http_requests_total"
        labels = {"route": route, "method": method, "status": str(status)}
        key = (name, frozenset(labels.items()))
        return scrape(api).get(key, 0) - before.get(key, 0)

    eventually(lambda: more("/api/live", "GET", 101) == 1, "the socket is counted")
    after = scrape(api)
    assert more("/api/runs", "POST", 201) == 1
    assert more("/api/runs/{id}", "GET", 200) == 3
    assert more("/api/runs/{id}", "GET", 404) == 1
    assert more("none", "GET", 404) == 2
    assert more("none", "GET", 403) == 1
    assert more("page", "GET", 200) == 1
    assert more("/api/runs", "other", 405) == 1
    text = api.http.get("/metrics").text
    assert "nothing-" not in text
    assert run_id not in text
    durations = value(
        after, "http_request_duration_seconds_count", route="/api/runs/{id}", method="GET"
    )
    assert durations >= 4


def buckets(metrics: Metrics) -> dict[str, float]:
    text, _ = metrics.render(openmetrics.exposition.CONTENT_TYPE_LATEST)
    return {
        sample.labels["le"]: sample.value
        for family in parse_open(text.decode())
        if family.name == "reluscope_event_loop_lag_seconds"
        for sample in family.samples
        if sample.name.endswith("_bucket")
    }


def test_of_a_standstill_every_look_counts_that_would_have_been_in_it():
    """Else a second in which nothing moved were one look of a thousand, and no quantile told of it."""
    metrics = Metrics()

    async def stands_still() -> None:
        looking = asyncio.create_task(metrics.measure_lag())
        await asyncio.sleep(0)
        time.sleep(6 * LAG_S)  # noqa: ASYNC251 - it is what is measured
        await asyncio.sleep(0.01)
        looking.cancel()

    asyncio.run(stands_still())
    found = buckets(metrics)
    assert found["+Inf"] >= 5
    assert found["+Inf"] - found["0.25"] >= 3


def test_how_late_the_loop_is_has_a_quantile(server: Server):
    def looks() -> dict[str, float]:
        return buckets(server.state.metrics)

    eventually(lambda: looks()["+Inf"] > 2, "some looks")
    counts: list[Any] = list(looks().values())
    assert counts == sorted(counts)


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", "application/openmetrics-text"])
def test_whatever_is_accepted_something_comes(api, accept):
    assert "reluscope_runs" in api.http.get("/metrics", headers={"accept": accept}).text
