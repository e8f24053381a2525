"""The real server, clients of it, and a cable to it that can be cut."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from reluscope import AsyncClient, Client
from tests.server.conftest import api  # noqa: F401 - a fixture
from tests.server.serving import in_thread

from .relay import Relay


@pytest.fixture(scope="module")
def cable():
    with Relay() as cable:
        yield cable


@pytest.fixture(scope="module")
def server(cable):
    """A server that the tests of one file share; none of them may make it log an error."""
    with in_thread(allow_host=[cable.host]) as server:
        yield server
        cable.cut()
        assert server.errors == []


@pytest.fixture
def relay(server, cable):
    """A way to the server that can be cut."""
    cable.upstream = server.api.port
    cable.connections = 0
    yield cable
    cable.cut()


@pytest.fixture
def scope(api):  # noqa: F811
    with Client(api.url) as scope:
        yield scope


@pytest.fixture
def aio(api):  # noqa: F811
    """A new asynchronous client, to be entered in the test's own event loop."""
    return AsyncClient(api.url)


@pytest.fixture
def unused_port():
    """One that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


class _Other(BaseHTTPRequestHandler):
    """A server that is none of ours."""

    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


@pytest.fixture
def other_url():
    """Of another server."""
    with HTTPServer(("127.0.0.1", 0), _Other) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{other.server_port}"
        other.shutdown()
        thread.join()
