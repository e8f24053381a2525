"""What lies between browser and server, and may fail."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress


class Link:
    """One connection through the network: bytes go both ways until it is cut."""

    def __init__(self, browser: socket.socket, server: socket.socket, *, live: bool) -> None:
        self.live = live
        """Whether it is the page's live socket."""
        self._ends = (browser, server)
        self._silent = False
        self._left: int | None = None

    def carry(self, network: "Network") -> None:
        browser, server = self._ends
        threading.Thread(target=self._upstream, daemon=True).start()
        with suppress(OSError):
            while chunk := server.recv(65536):
                if self._left is not None:
                    chunk = chunk[: self._left]
                    self._left -= len(chunk)
                if not self._silent:
                    browser.sendall(chunk)
                if self._left == 0:
                    network.cuts += 1
                    break
        if not self._silent:
            self.cut()

    def cut(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def fall_silent(self) -> None:
        self._silent = True

    def cut_after(self, count: int) -> None:
        """Cut when so many bytes more have come from the server."""
        self._left = count

    def _upstream(self) -> None:
        browser, server = self._ends
        with suppress(OSError):
            while chunk := browser.recv(65536):
                if not self._silent:
                    server.sendall(chunk)
        if not self._silent:
            self.cut()


class Network:
    """A port that leads to the server's, who must let it be asked for by that."""

    def __init__(self) -> None:
        self.port = 0
        """The server's; it may change."""
        self.down = False
        self.cuts = 0
        """How often a connection was cut after the bytes that it had been given."""
        self.links: list[Link] = []
        self.allowances: Iterator[int] = iter(())
        """The bytes after which each next socket is cut."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        links, self.links = self.links, []
        for link in links:
            link.cut()

    def fall_silent(self) -> None:
        """Every live socket stays open, and carries nothing more; new ones do."""
        for link in self.links:
            if link.live:
                link.fall_silent()

    def mend(self) -> None:
        """As it was in the beginning."""
        self.cut()
        self.down, self.cuts, self.allowances = False, 0, iter(())

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(browser,), daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        try:
            if self.down:
                raise ConnectionRefusedError
            request = browser.recv(65536)
            server = socket.create_connection(("127.0.0.1", self.port))
            server.sendall(request)
        except OSError:
            browser.close()
            return
        link = Link(browser, server, live=request.startswith(b"GET /api/live"))
        self.links.append(link)
        if link.live:
            with suppress(StopIteration):
                link.cut_after(next(self.allowances))
        link.carry(self)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])
