"""A little HTTP server that webhooks are sent to, and that answers as it is told."""

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from ..door.certificate import Certificate

Answer = Callable[[int], int]
"""The status with which the request of a number, from 0 on, is answered."""


class Received(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


@dataclass
class Receiver:
    """What came so far."""

    url: str
    requests: list[Received] = field(default_factory=list)

    def ended(self) -> list[str]:
        """The runs of which it was told, in the order in which that came."""
        return [request.told["run"]["id"] for request in self.requests]


def ok(_number: int) -> int:
    """Accept whatever comes."""
    return 204


@contextlib.contextmanager
def receiver(
    answer: Answer = ok, tls: Certificate | None = None, **headers: str
) -> Iterator[Receiver]:
    """While inside, it listens on the loopback, with a certificate where it has one. Its answers have
    `headers`."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            told = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                number = len(made.requests)
                made.requests.append(Received(self.command, self.path, told, body))
            self.send_response(answer(number))
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST = do_CONNECT = handle_any  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Whoever asked has gone."""

    server = Quiet(("127.0.0.1", 0), Handler)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    made = Receiver(f"{scheme}://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def hanging() -> Iterator[Receiver]:
    """One that takes what is sent, and never answers."""
    over = threading.Event()

    def waits(_number: int) -> int:
        over.wait()
        return 204

    with receiver(waits) as made:
        try:
            yield made
        finally:
            over.set()
