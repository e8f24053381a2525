"""A server for each file of tests, and ways to watch it."""

from collections.abc import Iterator

import pytest

from .serving import Api, Server, in_thread


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that the tests of one file share; none of them may make it log an error."""
    with in_thread() as made:
        yield made
        assert made.errors == []


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    """Its REST API, with every run deleted when the test is over."""
    yield server.api
    for run in list(server.book.newest_first()):
        server.book.delete(run.id)


@pytest.fixture
def live_url(server: Server) -> str:
    return server.live_url
