"""What is believed of who asked, by which scheme and for which path."""

import asyncio
from typing import Any

import pytest

from reluscope.server.door.proxied import Proxied

ROOT = "/scope"


def passed(
    headers: dict[str, str] | list[tuple[str, str]],
    *,
    peer: str | None = "10.0.0.2",
    trusted: tuple[str, ...] = ("10.0.0.0/24",),
    root_path: str = "",
    **scope: Any,
) -> dict[str, Any]:
    """The scope as it is passed on."""
    found: list[dict[str, Any]] = []

    async def app(scope: Any, *_: Any) -> None:
        found.append(scope)

    lines = headers.items() if isinstance(headers, dict) else headers
    given = {
        "type": "http",
        "scheme": "http",
        "client": peer and (peer, 5),
        "path": "/",
        "raw_path": b"/",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in lines],
        **scope,
    }
    asyncio.run(Proxied(app, root_path, trusted)(given, None, None))  # type: ignore[arg-type]
    return found[0]


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("198.51.100.1, 192.0.2.7", "192.0.2.7"),  # what came from outside
        ("192.0.2.7, 10.0.0.3", "192.0.2.7"),  # over two proxies
        ("10.0.0.4, 10.0.0.3", "10.0.0.4"),  # a proxy asks
        ("192.0.2.7, secret, 10.0.0.3", "10.0.0.3"),
        ("unknown", "10.0.0.2"),
        ("", "10.0.0.2"),
        ("\xff", "10.0.0.2"),
    ],
)
def test_a_trusted_proxy_says_who_asked(said: str, client: str) -> None:
    assert passed({"X-Forwarded-For": said})["client"][0] == client


def test_several_lines_are_one() -> None:
    lines = [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "192.0.2.7")]
    assert passed(lines)["client"][0] == "192.0.2.7"


@pytest.mark.parametrize(
    ("kind", "said", "scheme"),
    [
        ("http", "https", "https"),
        ("http", "wss", "https"),
        ("websocket", "https", "wss"),
        ("websocket", "http", "ws"),
        ("http", "HTTPS", "https"),
        ("http", "https, http", "http"),  # the last is the proxy's own
        ("http", "ftp", "http"),
        ("http", "", "http"),
    ],
)
def test_a_trusted_proxy_says_the_scheme(kind: str, said: str, scheme: str) -> None:
    assert passed({"X-Forwarded-Proto": said}, type=kind)["scheme"] == scheme


@pytest.mark.parametrize(
    ("peer", "trusted", "believed"),
    [
        ("127.0.0.1", (), False),  # uvicorn would
        (None, (), False),
        (None, ("unix",), True),
        (None, ("10.0.0.0/24",), False),
        ("10.0.0.2", ("unix",), False),
        ("10.0.1.2", ("10.0.0.0/24",), False),
        ("10.0.0.2", ("10.0.0.2/32",), True),
        ("::ffff:10.0.0.2", ("10.0.0.2/32",), True),
        ("2001:db8::2", ("2001:db8::/64",), True),
    ],
)
def test_nobody_else_is_believed(
    peer: str | None,
    trusted: tuple[str, ...],
    believed: bool,  # noqa: FBT001
) -> None:
    forged = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    scope = passed(forged, peer=peer, trusted=trusted)
    expected = ("https", ("192.0.2.7", 0)) if believed else ("http", peer and (peer, 5))
    assert (scope["scheme"], scope["client"]) == expected


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/scope/api/runs", "/scope/api/runs"),
        ("/api/runs", "/scope/api/runs"),  # the proxy has taken it away
        ("/scope", "/scope"),
        ("/scoped", "/scope/scoped"),
        ("/", "/scope/"),
    ],
)
def test_the_path_is_whole_whether_the_proxy_passes_it_on_or_not(asked: str, path: str) -> None:
    scope = passed({}, root_path=ROOT, path=asked, raw_path=asked.encode())
    assert (scope["root_path"], scope["path"]) == (ROOT, path)
    assert scope["raw_path"] == path.encode()


def test_without_a_root_path_no_path_is_changed() -> None:
    assert passed({}, path="/scope")["path"] == "/scope"
