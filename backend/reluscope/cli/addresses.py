"""What the doctor finds where the server is to listen."""

import errno
import os
import socket
from pathlib import Path

from ..errors import CannotListen
from ..settings import Settings
from .finding import Finding, Findings

ANSWER_S = 3.0
"""How long a server may take to say who it is."""

ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - it is asked, not bound
"""Where a server is asked that listens on every address."""


def address(settings: Settings) -> Findings:
    """Whether it can be had, or who has it; and its certificate."""
    yield from _certificate(settings)
    if settings.uds is None:
        yield _port(settings)
    else:
        yield _socket(settings.uds)


def _certificate(settings: Settings) -> Findings:
    from ..server.door.listening import certificate

    try:
        found = certificate(settings)
    except CannotListen as error:
        yield Finding("certificate", "problem", str(error), "name the files that belong together")
        return
    if found is not None:
        yield Finding("certificate", "ok", str(settings.ssl_certfile))


def _port(settings: Settings) -> Finding:
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        return Finding("port", "problem", f"{host}: {error.strerror}", "name another by --host")
    with socket.socket(family, kind, protocol) as listening:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
        except OSError as error:
            asked = ANY.get(host, host)
            shown = f"[{asked}]" if ":" in asked else asked
            scheme = "https" if settings.ssl_certfile else "http"
            who = _who(f"{scheme}://{shown}:{port}{settings.root_path}")
            if who is None:
                told = f"{host}:{port}: {error.strerror}"
                wrong = "host" if error.errno == errno.EADDRNOTAVAIL else "port"
                return Finding("port", "problem", told, f"name another by --{wrong}")
            return Finding("port", "ok", f"{who} serves on {host}:{port}")
    return Finding("port", "ok", f"{host}:{port} is free")


def _socket(path: Path) -> Finding:
    if not path.exists():
        if os.access(path.parent, os.W_OK | os.X_OK):
            return Finding("socket", "ok", f"{path} is free")
        advice = "make the folder, or name another place by --uds"
        return Finding("socket", "problem", f"nothing can be made in {path.parent}", advice)
    if not path.is_socket():
        told = f"{path}: something else has its name"
        return Finding("socket", "problem", told, "name another by --uds")
    who = _who("http://localhost", path)
    return Finding("socket", "ok", f"{who} serves on {path}" if who else f"{path} is left over")


def _who(url: str, uds: Path | None = None) -> str | None:
    """What says of itself there that it is a reluscope; None where nothing does. It is told no
    token: it may be anybody."""
    import httpx

    # Nothing is told or believed that a certificate would have to vouch for.
    transport = httpx.HTTPTransport(uds=str(uds) if uds else None, verify=False)
    try:
        with httpx.Client(transport=transport, timeout=ANSWER_S, trust_env=False) as client:
            told = client.get(f"{url}/api/catalog").json()
        if str(told.get("type", "")).startswith("urn:reluscope:"):
            return "a reluscope that wants a token"
        return f"reluscope {told['versions']['reluscope']}"
    except (httpx.HTTPError, ValueError, KeyError, AttributeError, TypeError):
        return None
