"""What an answer waits for."""

import asyncio
from pathlib import Path

import pytest

from reluscope.runs.store import store as module
from reluscope.server.routes.runs import until_stored
from tests.runs.making import LONG, spec
from tests.runs.stored import life


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
