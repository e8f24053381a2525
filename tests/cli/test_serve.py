"""One server at a time for a store, and the next one takes up what it left."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reluscope import logs
from reluscope.cli.app import app
from tests.places import Place
from tests.server.serving import LONG, TINY, Api, Process

COMMAND = ("--port", "0", "--workers", "1")


@pytest.fixture
def start(place: Place) -> Iterator[Callable[[], Process]]:
    """Starts servers over the same store, each a process."""
    with contextlib.ExitStack() as stack:

        def starting() -> Process:
            process = Process(*COMMAND, **place.environment())
            stack.callback(process.close)
            return process

        yield starting


def test_a_second_one_is_refused_and_told_where_the_first_is(
    start: Callable[[], Process],
) -> None:
    first = start()
    port = first.until_listening()
    with contextlib.closing(Api(port)) as api:
        ended, running = api.start(**TINY, iterations=100), api.start(**LONG, pace=100)
        api.until_ended(ended)
        api.until_at(running, 1)
        had = api.losses(ended)
        second = start()
        assert second.wait() == 2
        assert (
            f"is in use by {'the server' if 'folder' in second.log else 'reluscope'}" in second.log
        )
        assert f"http://127.0.0.1:{port}" in second.log
        assert len(second.log.splitlines()) == 1
        assert api.http.get("/readyz").status_code == 200
    first.send(signal.SIGKILL)
    first.wait()
    with contextlib.closing(Api(start().until_listening())) as api:
        assert api.losses(ended) == had
        api.until_status(running, "running")
        assert "cut off" in str(api.http.get(f"/api/runs/{running}/events").json())


@pytest.mark.parametrize("url", ["nonsense", "sqlite:///x.db", "mysql://a@b/c", "postgresql"])
def test_a_url_of_no_postgresql_is_refused_in_a_line(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "set_up", lambda *_: None)  # of this process, for good
    with pytest.raises(SystemExit) as ended:
        app(["--port", "0", "--database-url", url])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("reluscope: error: --database-url: expected a URL such as")
    assert len(told.splitlines()) == 1


COUNTS = """
import gc
from reluscope.training import implementation


@implementation("Says how much is frozen")
def counts(h):
    if h.shape[0] > 1:
        raise LookupError(f"{gc.get_freeze_count()} are frozen")
    return h.clamp(min=0)
"""


def test_what_is_there_at_the_start_is_no_matter_of_the_collector(tmp_path: Path) -> None:
    """Torch alone is some hundred thousand objects; to go through them stops all workers."""
    file = tmp_path / "counting.py"
    file.write_text(COUNTS)
    process = Process(*COMMAND, "--load", str(file), fresh=True)
    with contextlib.closing(process), contextlib.closing(Api(process.until_listening())) as api:
        run_id = api.start(**TINY, relu="counts")
        reason = api.until_status(run_id, "failed")["reason"]
    assert int(reason.split()[1]) > 100_000
