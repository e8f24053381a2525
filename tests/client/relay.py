"""A cable between a client and a server that can be cut, and plugged in elsewhere."""

import contextlib
import socket
import struct
import threading
from typing import Self

RESET = struct.pack("ii", 1, 0)
"""A socket that lingers for no time ends without a goodbye."""


class Relay:
    """Passes on what comes to a port of its own. Where it is plugged in nowhere, whoever comes is
    thrown out at once."""

    def __init__(self) -> None:
        self.upstream: int | None = None
        """The server's port."""
        self.connections = 0
        """How many have been made."""
        self.losing = 0
        """So many answers that come next are lost, and the connection with them."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()
        for thread in self._threads:
            thread.join(10)

    def cut(self) -> None:
        """End all connections."""
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _start(self, work, *args) -> None:
        self._threads.append(threading.Thread(target=work, args=args, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self.connections += 1
                self._start(self._join, client)

    def _join(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            if self.upstream is None:
                return
            with socket.create_connection(("127.0.0.1", self.upstream)) as server:
                ends = {client, server}
                self._open |= ends
                back = threading.Thread(target=self._bring_back, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join()
                self._open -= ends

    def _bring_back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if self.losing:
                    self.losing -= 1
                    break
                client.sendall(data)
        _end(server, client)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _end(source, sink)


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
