"""Too much of anything, or from anywhere: never an error of the server's, and headers on each answer."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from reluscope.server.app import create_app
from reluscope.server.assets import frontend_directory
from reluscope.server.door.headers import SECURITY_HEADERS
from reluscope.settings import Settings
from tests.waiting import eventually

from ..serving import LONG, TINY, Api, Server, problem
from .bare import UPGRADE, Bare

JSON = "Content-Type: application/json"
HUGE = 100 * 1024

EVIL = [
    "../main.js",
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..%252f..%252fetc%252fpasswd",
    "..%5c..%5cetc%5cpasswd",
    "..\\..\\etc\\passwd",
    "....//....//etc/passwd",
    "%00",
    "main.js%00.css",
    "%ff%fe",
    "%c0%ae%c0%ae/etc/passwd",
    "C:%5cwindows%5cwin.ini",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "%0d%0aSet-Cookie:%20a=b",
    "a" * 300,
    "a/" * 300,
    "%F0%9F%92%A9",
    "..",
    ".",
]


def paths() -> list[str]:
    """All paths that take something, and where files lie."""
    contexts = iter_route_contexts(create_app(Settings()).routes)
    taking = {c.path for c in contexts if c.path and "{" in c.path}
    return sorted({*taking, "/{file}", "/wire/{file}", "/api/{file}"})


def files() -> Iterator[bytes]:
    for path in frontend_directory().rglob("*"):
        if path.is_file():
            yield path.read_bytes()


@pytest.mark.parametrize("path", paths())
def test_no_path_leads_out_of_the_page(api: Api, path: str) -> None:
    served = set(files())
    with Bare(api.port) as client:
        for evil in EVIL:
            target = re.sub(r"\{[^}]*\}", lambda _: evil, path)  # noqa: B023 - called at once
            client.ask("GET", target)
            status, headers, body = client.answer()
            assert status < 500, (target, body)
            assert "set-cookie" not in headers
            assert b"root:" not in body
            if status == 200 and not headers["content-type"].startswith("application/json"):
                assert body in served or b"plotly" in body or b"<html" in body, target


@pytest.mark.parametrize(
    ("method", "path", "lines"),
    [
        ("GET", "/" + HUGE * "a", ()),
        ("GET", "/api/runs/" + HUGE * "a", ()),
        ("GET", "/api/relus/" + HUGE * "a" + "/check", ()),
        ("GET", "/api/runs?q=" + HUGE * "a", ()),
        ("GET", "/api/runs?" + 5000 * "tag=a&", ()),
        ("GET", "/api/export?" + 5000 * "id=a&", ()),
        ("GET", "/api/runs", ("X: " + HUGE * "a",)),
        ("GET", "/api/runs", ("Cookie: " + 5000 * "a=b; ",)),
        ("GET", "/api/runs", ("Authorization: Bearer " + HUGE * "a",)),
        ("GET", "/api/runs", ("Accept: " + HUGE * "a,",)),
        ("GET", "/", ("Accept-Encoding: " + HUGE * "gzip;",)),
        ("GET", "/", ("Range: bytes=" + ",".join(f"{i}-{i}" for i in range(2000)),)),
        ("GET", "/icon.svg", ("Range: bytes=" + ",".join(f"{i}-{i}" for i in range(2000)),)),
        ("POST", "/api/runs", (JSON, "Content-Length: 0", "Idempotency-Key: " + HUGE * "a")),
        ("GET", "/api/live", (*UPGRADE, "X: " + HUGE * "a")),
        ("GET", "/api/live?" + HUGE * "a", UPGRADE),
        (HUGE * "A", "/", ()),
    ],
)
def test_a_head_that_is_too_large_is_no_error_of_ours(
    api: Api, method: str, path: str, lines: tuple[str, ...]
) -> None:
    with Bare(api.port) as client:
        client.ask(method, path, *lines)
        status, headers, body = client.answer()
        assert 200 <= status < 500
        assert headers["content-security-policy"]
        assert len(body) < HUGE
    assert api.http.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("path", "limit"), [("/api/runs", 64 * 1024), ("/api/sweeps", 2**20), ("/api/import", 2**30)]
)
def test_a_body_that_is_announced_too_large_is_not_read(api: Api, path: str, limit: int) -> None:
    kind = "application/zip" if path == "/api/import" else "application/json"
    with Bare(api.port) as client:
        client.ask("POST", path, f"Content-Type: {kind}", f"Content-Length: {limit + 1}")
        status, headers, body = client.answer()
        assert (status, json.loads(body)["limit"]["maximum"]) == (413, limit)
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/api/runs", "/api/sweeps", "/api/runs/x", "/api/session"])
def test_nor_is_one_that_comes_in_pieces_and_does_not_end(api: Api, path: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield bytes(64 * 1024)

    method = "PATCH" if path == "/api/runs/x" else "POST"
    headers = {"Content-Type": "application/json"}
    try:
        answer = api.http.request(method, path, content=pieces(), headers=headers)
        assert answer.status_code in (200, 413)
    except httpx.WriteError:
        pass  # it had its answer, and was not heard any more
    assert api.http.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"name": 201 * "a"},
        {"tags": 21 * ["a"]},
        {"tags": ["a" * 51]},
        {"relu": 60_000 * "a"},
        {"update": {"rule": 60_000 * "a"}},
        {60_000 * "a": 1},
        {"update": {f"k{i}": i for i in range(5000)}},
        {"n": 10**4000},
        {"seed": -1},
    ],
)
def test_fields_that_are_too_large_are_told_in_short(api: Api, body: object) -> None:
    answer = api.http.post("/api/runs", json=body)
    assert problem(answer, answer.status_code)
    assert answer.status_code in (400, 422)
    assert len(answer.content) < 10_000


@pytest.mark.parametrize(
    "body", [30_000 * b"[", b'{"a":' * 10_000, b'"' + 60_000 * b"\\u0000" + b'"']
)
def test_json_that_is_deep_is_no_error_of_ours(api: Api, body: bytes) -> None:
    answer = api.http.post("/api/runs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 413, 422)


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
        "application/jsonp",
        "text/json",
        "",
        "text/plain, application/json",
        "application/json/x",
    ],
)
def test_what_a_form_can_send_is_no_write(api: Api, kind: str) -> None:
    """Each write is one that a browser asks about before it sends it from elsewhere."""
    run_id = api.start(**{**LONG, "pace": 1})
    contexts = iter_route_contexts(create_app(Settings()).routes)
    writes = {(m, c.path) for c in contexts for m in c.methods or () if m not in ("GET", "HEAD")}
    for method, path in sorted(writes):
        where = re.sub(r"\{[^}]*\}", run_id, path or "")
        answer = api.http.request(
            method, where, content=json.dumps(TINY), headers={"Content-Type": kind}
        )
        problem(answer, 415)
        crossing = {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"}
        problem(api.http.request(method, where, json=TINY, headers=crossing), 403)
    assert api.show(run_id)["status"] in ("queued", "running")


@pytest.mark.parametrize(
    ("site", "method", "mode", "status"),
    [
        ("same-origin", "POST", "cors", 201),
        ("none", "POST", "cors", 201),
        *(
            (site, "POST", mode, 403)
            for site in ("same-site", "cross-site", "")
            for mode in ("navigate", "cors")
        ),
        *((site, "GET", "navigate", 200) for site in ("same-site", "cross-site", "none")),
        *((site, "GET", "no-cors", 403) for site in ("same-site", "cross-site")),
    ],
)
def test_a_page_of_another_site_may_only_lead_here(
    api: Api, site: str, method: str, mode: str, status: int
) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
    answer = api.http.request(
        method, "/api/runs", json=TINY if method == "POST" else None, headers=headers
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("first", "lines", "status"),
    [
        ("GET / HTTP/1.1", (), 200),
        ("HEAD / HTTP/1.1", (), 200),
        ("OPTIONS / HTTP/1.1", (), 405),
        ("OPTIONS * HTTP/1.1", (), 404),
        ("GET http://evil.example/api/runs HTTP/1.1", (), 404),
        ("CONNECT evil.example:80 HTTP/1.1", (), 404),
        ("GET /vendor/plotly.js HTTP/1.1", ("If-None-Match: {tag}",), 304),
        ("GET /none HTTP/1.1", (), 404),
        ("GET /assets/x/none HTTP/1.1", (), 404),
        ("PUT /api/runs HTTP/1.1", (), 405),
        ("POST /api/runs HTTP/1.1", ("Content-Type: text/plain",), 415),
        ("GET /api/runs/ HTTP/1.1", (), 404),
        ("GET /api/live HTTP/1.1", (*UPGRADE, "Origin: null"), 403),
        ("GET /api/live?encoding=none HTTP/1.1", UPGRADE, 422),
        ("GET /none HTTP/1.1", UPGRADE, 403),
        ("GET /api/live HTTP/1.1", (*UPGRADE, "Origin: http://{host}", "Origin: null"), 400),
        ("GET / HTTP/1.1", ("Origin: http://{host}", "Origin: null"), 403),
        ("GET / HTTP/1.1", ("Host: evil.example",), 400),
        ("GET / HTTP/1.0", (), 403),
        ("GET / HTTP/9", (), 400),
        ("\x16\x03\x01 no HTTP", (), 400),
    ],
)
def test_whatever_is_answered_has_the_headers(
    api: Api, first: str, lines: tuple[str, ...], status: int
) -> None:
    known = {"host": f"127.0.0.1:{api.port}", "tag": ""}
    if status == 304:
        known["tag"] = api.http.head("/vendor/plotly.js").headers["etag"]
    with Bare(api.port) as client:
        told = "\r\n".join((first, "Host: {host}", *lines, "", "")).format(**known)
        client.send(told.encode("latin-1"))
        found, headers, _ = client.answer(bodiless=first.startswith("HEAD"))
    assert found == status
    for name, value in SECURITY_HEADERS.items():
        assert headers[name.lower()] == value
    assert headers["x-request-id"]
    assert "server" not in headers


def test_an_error_that_nobody_foresaw_has_them_too(
    monkeypatch: pytest.MonkeyPatch, server: Server, api: Api
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret of the server's")

    monkeypatch.setattr(server.book, "find", fail)
    answer = api.http.get("/api/runs/x")
    assert "secret" not in json.dumps(problem(answer, 500))
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value
    eventually(lambda: "Exception in ASGI application" in str(server.errors), "uvicorn's own line")
    server.errors.clear()
