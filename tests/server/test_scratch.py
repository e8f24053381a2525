"""Temporary files have a bound together, whoever they are for."""

import pytest

from reluscope.errors import Busy
from reluscope.server import scratch as module
from reluscope.server.scratch import Scratch
from tests.waiting import eventually

from .serving import TINY, problem


@pytest.fixture(autouse=True)
def _near(monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 1000)


def test_a_file_is_read_as_it_was_written():
    with Scratch().file() as file:
        for piece in (b"abc", memoryview(b"defg")[1:], bytearray(b"h")):
            file.write(piece)
        file.seek(2)
        assert file.read() == b"cefgh"


def test_all_files_have_one_bound_and_give_back_what_they_took_when_they_are_closed():
    scratch = Scratch()
    first, second = scratch.file(), scratch.file()
    first.write(600 * b"a")
    second.write(400 * b"a")
    with pytest.raises(Busy) as refusal:
        second.write(b"a")
    assert refusal.value.limit == ("temporary_bytes", 1000)
    for _ in range(2):
        first.close()
        assert scratch.size_bytes == 400
    second.write(600 * b"a")
    second.close()
    with pytest.raises(ValueError, match="closed"):
        second.write(b"a")
    assert scratch.size_bytes == 0


def test_a_file_that_cannot_be_made_is_gone():
    scratch = Scratch()
    with pytest.raises(Busy):
        scratch.made(lambda file: [file.write(600 * b"a") for _ in range(2)])
    assert scratch.size_bytes == 0


@pytest.mark.parametrize("path", ["/api/export?id={}", "/api/runs/{}/losses?format=parquet"])
def test_a_download_that_is_too_large_beside_others_is_refused_for_a_moment(api, server, path):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    answer = api.http.get(path.format(run_id))
    assert problem(answer, 503)["limit"] == {"name": "temporary_bytes", "maximum": 1000}
    assert server.state.scratch.size_bytes == 0


def test_a_download_gives_back_what_it_took(api, server, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 20_000)
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    for _ in range(5):
        assert api.http.get(f"/api/export?id={run_id}").status_code == 200
        eventually(lambda: server.state.scratch.size_bytes == 0, "the end of the file")
