import asyncio
import contextlib
import http.client
import json

import httpx
import pytest
from starlette.responses import Response
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from reluscope.server.door.guard import Guard
from reluscope.server.door.roles import Roles
from reluscope.settings import Settings

from ..serving import PROBLEM, TINY, in_thread, problem

FOREIGN_HOSTS = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil-localhost",
    "localhost@evil.example",
    "evil.example:127.0.0.1",
    "0.0.0.0",
    "127.0.0.2",
    "[::2]",
    "[::1].evil.example",
    "",
]
OWN_HOSTS = ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"]
FOREIGN_ORIGINS = [
    "null",
    "",
    "https://evil.example",
    "http://localhost.evil.example",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "file://",
]
SECURITY = {
    "content-security-policy": "default-src 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


def refused_by_socket(url: str, **options) -> int | None:
    """The status with which a socket is refused, or None where it is accepted."""
    try:
        with connect(url, **options):
            return None
    except InvalidStatus as refusal:
        return refusal.response.status_code


def socket_as(api, host: str, origin: str | None = None) -> int | None:
    """Open a socket to this server under another name for it."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", api.port)) as connection:
        connection.putrequest("GET", "/api/live", skip_host=True)
        connection.putheader("Host", host)
        if origin is not None:
            connection.putheader("Origin", origin)
        for name, value in (
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ):
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_host_that_was_not_allowed_is_refused(api, host):
    for port in ("", f":{api.port}"):
        for method, path in (("GET", "/"), ("GET", "/api/runs"), ("POST", "/api/runs")):
            answer = api.http.request(method, path, headers={"host": host + port})
            assert "--allow-host" in problem(answer, 403)["detail"]
        assert socket_as(api, host + port) == 403
    assert api.http.get("/api/runs").json()["runs"] == []


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_the_loopbacks_names_are_allowed(api, host):
    name = f"{host}:{api.port}"
    assert api.http.get("/api/runs", headers={"host": name}).status_code == 200
    assert socket_as(api, name) == 101


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_another_port_is_another_name(api, host):
    for port in ("", ":80", f":{api.port + 1}", f":{api.port}0", ":", ":x"):
        assert api.http.get("/api/runs", headers={"host": host + port}).status_code == 403
        assert socket_as(api, host + port) == 403


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_page_from_elsewhere_is_refused(api, live_url, origin):
    for method, path in (
        ("GET", "/api/runs"),
        ("GET", "/vendor/plotly.js"),
        *((method, "/api/runs/x") for method in ("POST", "PATCH", "PUT", "DELETE", "HEAD")),
    ):
        answer = api.http.request(method, path, headers={"origin": origin})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    assert socket_as(api, f"127.0.0.1:{api.port}", origin) == 403
    if origin:
        assert refused_by_socket(live_url, origin=origin) == 403
    assert api.http.get("/api/runs").json()["runs"] == []


def test_a_refused_socket_is_told_why(live_url):
    with pytest.raises(InvalidStatus) as refusal:
        connect(live_url, origin="https://evil.example")
    response = refusal.value.response
    assert response.headers["content-type"] == PROBLEM
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "https://evil.example" in json.loads(response.body)["detail"]


def test_another_name_of_the_loopback_is_another_origin(api):
    """A page of another server on this machine may not use this one either."""
    headers = {"host": f"localhost:{api.port}", "origin": f"http://127.0.0.1:{api.port}"}
    assert api.http.get("/api/runs", headers=headers).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_its_own_page_is_allowed(api, host):
    name = f"{host}:{api.port}"
    headers = {"host": name, "origin": f"http://{name}"}
    assert api.http.post("/api/runs", json=TINY, headers=headers).status_code == 201
    assert socket_as(api, name, f"http://{name}") == 101


def test_a_client_that_is_no_browser_sends_no_origin_and_is_allowed(live_url):
    assert refused_by_socket(live_url) is None


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via"]
)
def test_what_a_proxy_passed_on_needs_a_token_whoever_asked_the_proxy(api, name):
    """Else everybody who reaches the proxy would own what is meant for this machine alone."""
    for method, path in (("GET", "/api/runs"), ("POST", "/api/runs"), ("GET", "/")):
        answer = api.http.request(method, path, headers={name: "127.0.0.1"})
        assert "--token" in problem(answer, 403)["detail"]


def test_a_preflight_gets_no_permission(api):
    answer = api.http.options(
        "/api/runs",
        headers={"origin": "https://evil.example", "access-control-request-method": "POST"},
    )
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_a_host_that_was_allowed_is_let_in_and_only_it():
    with in_thread(allow_host=["Scope.Example", "other.example:8443"]) as server:
        for host, status in (
            ("scope.example", 200),
            ("SCOPE.example:80", 200),
            (f"scope.example:{server.api.port}", 200),
            (f"127.0.0.1:{server.api.port}", 200),
            ("scope.example:81", 403),
            ("evil.scope.example", 403),
            ("scope.example.evil", 403),
            ("other.example:8443", 200),
            ("other.example", 403),
            (f"other.example:{server.api.port}", 403),
        ):
            assert server.api.http.get("/api/runs", headers={"host": host}).status_code == status
        own = {"host": "scope.example", "origin": "http://scope.example"}
        assert server.api.http.get("/api/runs", headers=own).status_code == 200
        assert socket_as(server.api, "scope.example", "http://scope.example") == 101


def test_an_ipv6_address_is_a_host_too():
    try:
        with in_thread(host="::1") as server:
            answer = httpx.get(f"http://[::1]:{server.api.port}/api/runs")
            assert answer.status_code == 200
            assert refused_by_socket(f"ws://[::1]:{server.api.port}/api/live") is None
    except IndexError:  # nothing could be bound
        pytest.skip("this machine has no IPv6 loopback")


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/", {}, 200),
        ("GET", "/vendor/plotly.js", {}, 200),
        ("GET", "/api/catalog", {}, 200),
        ("POST", "/api/runs", {"json": TINY}, 201),
        ("POST", "/api/runs", {"json": {"n": 0}}, 422),
        ("POST", "/api/runs", {"content": b"{}"}, 415),
        ("POST", "/api/runs", {"content": b"a" * 100_000}, 413),
        ("GET", "/api/runs/nobody", {}, 404),
        ("GET", "/nothing", {}, 404),
        ("PUT", "/api/runs", {}, 405),
        ("GET", "/api/runs", {"headers": {"host": "evil.example"}}, 403),
        ("GET", "/api/runs", {"headers": {"origin": "null"}}, 403),
    ],
)
def test_every_answer_has_the_security_headers(api, method, path, options, status):
    answer = api.http.request(method, path, **options)
    assert answer.status_code == status
    for name, value in SECURITY.items():
        assert answer.headers[name].startswith(value)


def test_a_page_may_load_scripts_and_connect_to_nothing_but_this_server(api):
    policy = api.http.get("/").headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert "script-src" not in rules
    assert "connect-src" not in rules
    for nothing in ("object-src", "base-uri"):
        assert rules[nothing] == "'none'"
    assert rules["frame-ancestors"] == "'self'"


@pytest.mark.parametrize(
    ("query", "embeds"),
    [
        ("embed=1", True),
        ("layout=grid&embed=1", True),
        ("", False),
        ("embed=0", False),
        ("embed=1&embed=0", False),
        ("embed=0&embed=1", False),
        ("embed=&embed=1", False),
        ("follow=embed=1", False),
    ],
)
def test_another_site_that_was_named_may_embed_what_only_looks(query, embeds):
    """And nothing that has a button: the page makes of the query what is asked of the guard here."""
    with in_thread(embed_origin=["https://wiki.example:8443"]) as server:
        policy = server.api.http.get(f"/?{query}").headers["content-security-policy"]
    ancestors = policy.rpartition("frame-ancestors ")[2]
    assert ancestors == ("'self' https://wiki.example:8443" if embeds else "'self'")


@pytest.mark.parametrize(
    ("scheme", "origin", "status"),
    [("https", "https", 200), ("https", "http", 403), ("http", "https", 403)],
)
def test_behind_tls_the_origin_is_https(scheme, origin, status):
    async def app(scope, receive, send):
        await Response()(scope, receive, send)

    async def ask() -> int:
        settings = Settings(allow_host=["scope.example"])
        transport = httpx.ASGITransport(Guard(app, settings, Roles(None, None)))
        async with httpx.AsyncClient(transport=transport) as client:
            headers = {"origin": f"{origin}://scope.example"}
            answer = await client.get(f"{scheme}://scope.example/", headers=headers)
            return answer.status_code

    assert asyncio.run(ask()) == status
