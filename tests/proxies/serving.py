"""A real nginx and a real Caddy, each with a folder of its own, and never as the system's service."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.proxies import programs
from tests.waiting import DEADLINE_S, eventually

NGINX = """
daemon off;
pid {folder}/nginx.pid;
worker_processes 1;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{text}
}}
"""
"""What is around the configuration in question; the system's own has as much."""

CADDY = """
{{
    admin off
    auto_https off
}}
{text}
"""


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextlib.contextmanager
def nginx(folder: Path, text: str, port: int) -> Iterator[None]:
    """While inside, nginx listens on `port`, as `text` says."""
    # Its workers would be somebody who may not enter the tests' folders.
    user = "user root;" if os.geteuid() == 0 else ""
    file = folder / "nginx.conf"
    file.write_text(NGINX.format(folder=folder, user=user, text=text))
    with _running("nginx", folder, port, "-e", "stderr", "-p", folder, "-c", file):
        yield


@contextlib.contextmanager
def caddy(folder: Path, text: str, port: int) -> Iterator[None]:
    """While inside, Caddy listens on `port`, as `text` says, by plain http."""
    file = folder / "Caddyfile"
    file.write_text(CADDY.format(text=text))
    with _running("caddy", folder, port, "run", "--adapter", "caddyfile", "--config", file):
        yield


@contextlib.contextmanager
def _running(name: str, folder: Path, port: int, *options: str | Path) -> Iterator[None]:
    program = programs.find(name)
    assert program, programs.missing(name)
    log = folder / f"{name}.log"
    kept = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with log.open("w") as stderr:
        process = subprocess.Popen([program, *options], stderr=stderr, env={**os.environ, **kept})
    try:
        eventually(lambda: process.poll() is not None or _listens(port), f"{name} to listen")
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
