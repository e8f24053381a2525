"""One server at a time for a store, and the next one takes up what it left."""

import contextlib
import signal
from collections.abc import Callable, Iterator

import pytest

from reluscope.cli import serve
from tests.places import Place
from tests.server.serving import LONG, TINY, Api, Process


@pytest.fixture
def start(place: Place) -> Iterator[Callable[[], Process]]:
    """Starts servers over the same store, each a process."""
    with contextlib.ExitStack() as stack:

        def starting() -> Process:
            process = Process("--port", "0", "--workers", "1", **place.environment())
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
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        serve.run(["--port", "0", "--database-url", url])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("reluscope: error: --database-url: expected a URL such as")
    assert len(told.splitlines()) == 1
