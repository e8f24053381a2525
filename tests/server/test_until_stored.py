"""What an answer waits for."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from reluscope.runs.book import Book
from reluscope.runs.store import store as module
from reluscope.server.routes.runs import until_stored
from tests.runs.making import LONG, spec
from tests.runs.stored import life

from .serving import LONG as RUN
from .serving import Api


def test_an_answer_waits_until_the_store_has_all_or_is_known_to_be_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLOW_S", 2.5)
    with life(tmp_path) as book:
        assert book.store is not None
        run = book.open(spec(**LONG))
        with book._lock:  # which the store waits for
            book.store.note(run)
            asyncio.run(until_stored(book))
            assert book.store.problem is not None
        asyncio.run(until_stored(book))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[Book]:
    """Grows by one whenever an answer has waited."""
    waited: list[Book] = []

    async def waiting(book: Book) -> None:
        await until_stored(book)
        waited.append(book)

    for room in ("archive", "runs", "sweeps"):
        monkeypatch.setattr(f"reluscope.server.routes.{room}.until_stored", waiting)
    return waited


def test_every_answer_to_a_write_waits(api: Api, waits: list[Book]) -> None:
    def ask(method: str, path: str, **body: Any) -> httpx.Response:
        before = len(waits)
        answer = api.http.request(method, path, **body)
        assert answer.is_success, answer.text
        assert len(waits) == before + 1, (method, path)
        return answer

    slow = {**RUN, "pace": 10.0}
    run = f"/api/runs/{ask('POST', '/api/runs', json=slow).json()['id']}"
    ask("PATCH", run, json={"name": "another"})
    for verb in ("pause", "step", "resume", "fork", "replay", "stop"):
        ask("POST", f"{run}/{verb}")
    archive = api.http.get("/api/export", params={"id": run.rpartition("/")[2]}).content
    ask("DELETE", run)
    ask("POST", "/api/import", content=archive, headers={"Content-Type": "application/zip"})
    body = {"base": slow, "grid": {"seed": [1, 2]}}
    sweep = f"/api/sweeps/{ask('POST', '/api/sweeps', json=body).json()['id']}"
    for verb in ("pause", "resume", "stop"):
        ask("POST", f"{sweep}/{verb}")
    ask("DELETE", sweep)
