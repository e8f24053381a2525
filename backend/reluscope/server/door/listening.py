"""Listening: where the server is, and with which certificate."""

import asyncio
import contextlib
import errno
import os
import socket
import ssl
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ...errors import CannotListen
from ...settings import Settings
from .protocol import Secured

MODE = 0o600
"""Of the socket: its owner may connect."""

GROUP_MODE = 0o660
"""Where the folder hands on its group (setgid), which is how one says that the group is meant."""

LOCK_S = 1.0
"""Until another server must be done with the folder: it takes far less."""


class Listening:
    """What uvicorn is told of it."""

    def __init__(self, settings: Settings) -> None:
        """Have what can be had before the server starts. Raises CannotListen."""
        self._host, self._port = settings.host, settings.port
        self._tls = certificate(settings)
        self._unix = UnixSocket(settings.uds) if settings.uds else None

    def options(self) -> dict[str, Any]:
        """Options of `uvicorn.Config`."""
        return {
            "host": self._host,
            "port": self._port,
            "fd": self._unix.fileno() if self._unix else None,
            "ssl_context_factory": (lambda _config, _default: self._tls) if self._tls else None,
            "proxy_headers": False,  # it would believe all that comes from 127.0.0.1; see proxied.py
        }

    def secure(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have `Secured` speak TLS for the servers that are made in `loop` from now on, for which
        uvicorn has no option."""
        create, there = loop.create_server, set[Secured]()

        def creating(make: Any, *args: Any, ssl: Any, **options: Any) -> Any:
            return create(lambda: Secured(loop, make(), ssl, there), *args, **options)

        if self._tls:
            loop.create_server = creating  # type: ignore[method-assign, assignment]

    def close(self) -> None:
        """Leave nothing behind. What is open stays so."""
        if self._unix is not None:
            self._unix.close()


def allow_files() -> None:
    """Let this process open as many files as the system lets it: each connection is one, and many
    systems begin with 1,024."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on every system

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class UnixSocket:
    """A socket in the file system, listening."""

    def __init__(self, path: Path, backlog: int = 2048) -> None:
        """Take the place of one that is left over. Raises CannotListen, as where another server is
        still there."""
        self._path = path
        self._socket = _socket()
        try:
            with _alone_in(path.parent):
                _bind(self._socket, path)
                # Nobody can connect before it listens, so nobody finds it with another mode.
                path.chmod(GROUP_MODE if path.parent.stat().st_mode & stat.S_ISGID else MODE)
                self._socket.listen(backlog)
                self._made = _identity(path)
        except OSError as error:
            self._socket.close()
            raise CannotListen("uds", f"{path}: {error.strerror or error}") from error

    def fileno(self) -> int:
        """Its descriptor."""
        return self._socket.fileno()

    def close(self) -> None:
        """Listen no more, and leave nothing behind."""
        with contextlib.suppress(OSError), _alone_in(self._path.parent):
            if _identity(self._path) == self._made:
                self._path.unlink()
        self._socket.close()


def _socket() -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise CannotListen("uds", "this system has no Unix sockets")
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """While inside, no other server looks for sockets that are left over in that folder. Whoever may
    read the folder may lock it, for ever too: so this is not waited for long."""
    import fcntl  # noqa: PLC0415 - of the systems with Unix sockets

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        end = time.monotonic() + LOCK_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise BlockingIOError(
                        errno.EAGAIN, "another program locks its folder"
                    ) from None
                time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _bind(made: socket.socket, path: Path) -> None:
    try:
        made.bind(str(path))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, "something else has its name") from None
        if _is_alive(path):
            raise FileExistsError(errno.EEXIST, "another server is listening there") from None
        path.unlink()
        made.bind(str(path))


def _is_alive(path: Path) -> bool:
    """Whether somebody listens, or it cannot be known that nobody does."""
    with _socket() as asking:
        asking.setblocking(False)  # noqa: FBT003
        try:
            asking.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
        return True


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def certificate(settings: Settings) -> ssl.SSLContext | None:
    """The certificate and its key, where there are any. Raises CannotListen."""
    chain, key = settings.ssl_certfile, settings.ssl_keyfile
    if chain is None:
        if key is not None:
            raise CannotListen("ssl-keyfile", "needs --ssl-certfile, too")
        return None
    for option, file in (("ssl-certfile", chain), ("ssl-keyfile", key)):
        try:
            if file is not None:
                file.open("rb").close()
        except OSError as error:
            raise CannotListen(option, f"{file}: {error.strerror or error}") from error
    # There is always one, though it may be empty: OpenSSL would ask for it in the terminal.
    password = settings.ssl_keyfile_password or SecretStr("")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # whatever the system's own default is
    try:
        context.load_cert_chain(chain, key, password.get_secret_value())
    except (ssl.SSLError, ValueError) as error:
        raise CannotListen("ssl-certfile", _why(error, chain, key)) from error
    return context


def _why(error: Exception, certificate: Path, key: Path | None) -> str:
    if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
        return f"{key or certificate} is not the key of {certificate}"
    places = f"{certificate}" + (f" and {key}" if key else "")
    return f"no certificate and key, as PEM, in {places}, or another --ssl-keyfile-password"
