"""Who may do what: an owner everything, a viewer look, and whoever has no token nothing."""

import contextlib
import functools
import http.cookies
import json
import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from reluscope.server.app import create_app
from reluscope.server.door import guard
from reluscope.server.door.allowance import Allowance
from reluscope.server.door.roles import Roles
from reluscope.settings import Settings
from tests.waiting import DEADLINE_S

from ..serving import LONG, TINY, Process, Server, in_thread, problem

OWNER, VIEWER, WRONG = "owner-0123456789", "viewer-0123456789", "wrong-0123456789"

OPEN = {
    *(("GET", "/healthz"), ("GET", "/readyz")),
    *((method, path) for method in ("GET", "HEAD") for path in ("/", "/docs")),
    *((method, "/api/session") for method in ("GET", "POST", "DELETE")),
    *((method, "/vendor/{name}") for method in ("GET", "HEAD")),
    *((method, "/assets/{version}/vendor/{name}") for method in ("GET", "HEAD")),
    *((method, "/assets/{version}/{path:path}") for method in ("GET", "HEAD")),
}
"""All that may be asked without a token."""

READS = {"GET", "HEAD", "OPTIONS"}


def routes() -> list[tuple[str, str]]:
    """Each method of each path that the application has, but for the socket's."""
    contexts = iter_route_contexts(create_app(Settings()).routes)
    return [(method, c.path or "") for c in contexts for method in sorted(c.methods or ())]


ROUTES = routes()


class Clock:
    """Turned by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def server(clock: Clock) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "Allowance", functools.partial(Allowance, clock=clock))
        with in_thread(token=OWNER, view_token=VIEWER, workers=1) as made:
            yield made
            assert made.errors == []


@pytest.fixture(autouse=True)
def _later(clock: Clock) -> None:
    """What was tried before is forgiven by now."""
    clock.now += 1000


def asking(server: Server, token: str | None = None, **headers: str) -> httpx.Client:
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=server.api.url, headers={**shown, **headers}, timeout=DEADLINE_S)


@contextlib.contextmanager
def begun(server: Server, token: str) -> Iterator[httpx.Client]:
    """A browser that has shown its token."""
    with asking(server) as browser:
        shown = browser.post("/api/session", headers={"Authorization": f"Bearer {token}"})
        assert shown.status_code == 200
        yield browser


@pytest.fixture(scope="module")
def run_id(server: Server) -> Iterator[str]:
    with asking(server, OWNER) as owner:
        made: str = owner.post("/api/runs", json={**LONG, "pace": 1}).json()["id"]
        yield made
    for run in list(server.book.newest_first()):
        server.book.delete(run.id)


def path_of(path: str, run_id: str) -> str:
    return re.sub(r"\{[^}]*\}", run_id, path)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_token_only_what_is_open_may_be_asked(
    server: Server, run_id: str, method: str, path: str
) -> None:
    with asking(server) as nobody:
        answer = nobody.request(method, path_of(path, run_id))
    if (method, path) in OPEN:
        assert answer.status_code in (200, 204, 404)
    else:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        if method != "HEAD":
            problem(answer, 401)
    assert server.book.find(run_id).view().status in ("queued", "running")


def test_what_is_open_is_there() -> None:
    assert set(ROUTES) >= OPEN


WRITES = [each for each in ROUTES if each[0] not in READS and each not in OPEN]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_whoever_may_look_writes_nothing(
    server: Server, run_id: str, method: str, path: str
) -> None:
    with begun(server, VIEWER) as browser, asking(server, VIEWER) as script:
        for who in (browser, script):
            answer = who.request(method, path_of(path, run_id), json={"name": "mine"})
            document = problem(answer, 403)
            assert document["type"] == "urn:reluscope:problem:view-only"
    (run,) = server.book.newest_first()
    assert (run.id, run.view().spec.name) == (run_id, None)
    assert run.view().status in ("queued", "running")


@pytest.mark.parametrize(
    "path",
    ["/api/runs", "/api/runs/{id}", "/api/runs/{id}/losses", "/api/catalog", "/api/openapi.json"],
)
@pytest.mark.parametrize("token", [OWNER, VIEWER])
def test_whoever_has_a_token_may_look(server: Server, run_id: str, token: str, path: str) -> None:
    with begun(server, token) as browser, asking(server, token) as script:
        for who in (browser, script):
            assert who.get(path_of(path, run_id)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("//api/runs", "/./api/runs", "/api/../api/runs", "/api//runs", "/API/runs", "/api/runs/"),
        *("/%61pi/runs", "/api%2Fruns", "/%2561pi/runs", "/api;/runs", "/assets/../api/runs"),
        *("/assets/x/../../api/runs", "/vendor/%2e%2e/api/runs", "/docs/../api/runs", "/api"),
        *("/assets%2f..%2fapi/runs", "/vendor/..%5capi%5cruns", "/metrics", "/metrics/"),
    ],
)
def test_no_way_of_writing_a_path_leads_around(server: Server, run_id: str, path: str) -> None:
    request = httpx.Request("GET", server.api.url)
    request.url = httpx.URL(server.api.url).copy_with(raw_path=path.encode())
    with asking(server) as nobody:
        answer = nobody.send(request)
    assert answer.status_code in (401, 404)
    assert run_id not in answer.text


@pytest.mark.parametrize(("token", "told"), [(OWNER, "presenting"), (VIEWER, "error")])
def test_a_socket_may_what_its_opener_may(server: Server, token: str, told: str) -> None:
    shown = {"Authorization": f"Bearer {token}"}
    present = {"type": "present", "id": "code", "key": 16 * "k", "view": {}}
    with connect(f"{server.live_url}?encoding=json", additional_headers=shown) as live:
        live.send(json.dumps(present))
        kinds = (json.loads(message)["type"] for message in live)
        assert next(kind for kind in kinds if kind != "runs") == told


@pytest.mark.parametrize("shown", [{}, {"Authorization": f"Bearer {WRONG}"}])
def test_whoever_has_no_token_opens_no_socket(server: Server, shown: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        connect(server.live_url, additional_headers=shown)
    assert refusal.value.response.status_code == 401
    assert refusal.value.response.headers["WWW-Authenticate"] == "Bearer"


def test_a_socket_with_a_cookie_has_an_origin_too(server: Server) -> None:
    with begun(server, OWNER) as browser:
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {"Cookie": cookie}
    with connect(server.live_url, additional_headers=headers, origin=server.api.url):
        pass
    for origin, status in ((None, 403), ("null", 403), ("http://evil.example", 403)):
        with pytest.raises(InvalidStatus) as refusal:
            connect(server.live_url, additional_headers=headers, origin=origin)  # type: ignore[arg-type]
        assert refusal.value.response.status_code == status


@pytest.mark.parametrize("place", ["token={}", "access_token={}", "view_token={}"])
def test_a_token_in_an_address_is_none(server: Server, place: str) -> None:
    query = place.format(OWNER)
    with asking(server) as nobody:
        assert nobody.get(f"/api/runs?{query}").status_code == 401
        shown = nobody.post(f"/api/session?{query}")
        assert (shown.json()["role"], "set-cookie" in shown.headers) == (None, False)
    with pytest.raises(InvalidStatus) as refusal:
        connect(f"{server.live_url}?{query}")
    assert refusal.value.response.status_code == 401


def cookie_of(server: Server, token: str) -> http.cookies.Morsel[str]:
    with asking(server, token) as who:
        told = who.post("/api/session").headers["set-cookie"]
    (morsel,) = http.cookies.SimpleCookie(told).values()
    return morsel


@pytest.mark.parametrize(("token", "role"), [(OWNER, "owner"), (VIEWER, "viewer")])
def test_a_cookie_stands_for_a_token_and_tells_nothing_of_it(
    server: Server, token: str, role: str
) -> None:
    morsel = cookie_of(server, token)
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "strict", "/")
    assert not any(morsel[lasting] for lasting in ("max-age", "expires", "domain", "secure"))
    assert token not in morsel.OutputString()
    with begun(server, token) as browser:
        assert browser.get("/api/session").json() == {"role": role, "needs_token": True}
        assert browser.delete("/api/session").status_code == 204
        assert browser.get("/api/session").json() == {"role": None, "needs_token": True}


def test_a_cookie_goes_by_https_alone_where_it_came_so_and_no_further_than_the_page() -> None:
    below = {"root_path": "/scope", "trust_proxy": ["127.0.0.1"]}
    with in_thread(token=OWNER, workers=1, **below) as server:
        secure = asking(server, OWNER, **{"X-Forwarded-Proto": "https"})
        with secure as browser, asking(server, OWNER) as other:
            by_https, by_http = (
                http.cookies.SimpleCookie(who.post("/scope/api/session").headers["set-cookie"])
                for who in (browser, other)
            )
    for cookies, is_secure in ((by_https, True), (by_http, "")):
        (morsel,) = cookies.values()
        assert (morsel["secure"], morsel["path"]) == (is_secure, "/scope/")


def test_a_cookies_name_tells_nothing_of_a_token() -> None:
    """Whoever may look could else try tokens against it, as fast as they like."""
    made = {Roles(Settings(token=t).token, None, "a place").cookie_name for t in (OWNER, WRONG)}
    assert len(made) == 1
    assert Roles(None, None, "another").cookie_name not in made


def test_a_cookie_is_its_roles_own_and_cannot_be_made(server: Server) -> None:
    name, value = (cookie := cookie_of(server, VIEWER)).key, cookie.value
    owners = cookie_of(server, OWNER)
    assert owners.key == name
    assert owners.value != value
    forged = (OWNER, "owner", "", value[:-1], value.upper(), f'"{value}"', 64 * "0", f"{value} x")
    for each in forged:
        with asking(server, Cookie=f"{name}={each}") as nobody:
            assert nobody.get("/api/runs").status_code == 401
    with asking(server, Cookie=f"x{name}={owners.value}; y={owners.value}") as nobody:
        assert nobody.get("/api/runs").status_code == 401


def test_a_cookie_is_worth_nothing_once_the_token_is_another() -> None:
    settings = {"data": "/tmp/nothing", "port": 9}
    old, new = (
        Roles(Settings(token=t, view_token=v, **settings).token, Settings(token=t).token)
        for t, v in ((OWNER, VIEWER), (WRONG, VIEWER))
    )
    cookie = f"{old.cookie_name}={old.cookie_of('owner')}"
    assert old.shown(None, cookie).role == "owner"
    assert new.shown(None, cookie).role is None


def test_tries_are_slowed_down_and_cookies_are_none(server: Server, clock: Clock) -> None:
    with (
        asking(server, WRONG) as guesser,
        asking(server, OWNER) as owner,
        begun(server, VIEWER) as browser,
    ):
        for _ in range(guard.TRIES):
            problem(guesser.get("/api/runs"), 401)
        for who in (guesser, owner):  # whoever hits is told no more than who misses
            refused = who.get("/api/runs")
            assert problem(refused, 429)["type"] == "urn:reluscope:problem:too-many-tries"
            wait_s = int(refused.headers["retry-after"])
            assert 0 < wait_s <= guard.TRY_AGAIN_S
        assert owner.post("/api/session").status_code == 429
        with pytest.raises(InvalidStatus) as refusal:
            connect(server.live_url, additional_headers={"Authorization": f"Bearer {OWNER}"})
        assert refusal.value.response.status_code == 429
        assert browser.get("/api/runs").status_code == 200
        # A proxy's own password is no try, and is no reason to be refused.
        assert browser.get("/api/runs", headers={"Authorization": "Basic eDp5"}).status_code == 200
        clock.now += wait_s
        assert owner.get("/api/runs").status_code == 200
        assert guesser.get("/api/runs").status_code == 401
        assert guesser.get("/api/runs").status_code == 429


def test_a_site_that_was_named_has_no_cookies() -> None:
    lab = "https://lab.example"
    with (
        in_thread(token=OWNER, cors_origin=[lab], workers=1) as server,
        begun(server, OWNER) as page,
    ):
        assert page.get("/api/runs").status_code == 200
        assert page.get("/api/runs", headers={"Origin": lab}).status_code == 401
        shown = {"Origin": lab, "Authorization": f"Bearer {OWNER}"}
        answer = page.get("/api/runs", headers=shown)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == lab
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["vary"] == "Origin"
        varied = page.get("/vendor/plotly.js", headers={"Origin": lab}).headers
        assert {"Accept-Encoding", "Origin"} <= set(varied["vary"].split(", "))
        asked = {"Origin": lab, "Access-Control-Request-Method": "PATCH"}
        preflight = page.options("/api/runs/x", headers=asked)
        assert preflight.status_code == 204
        assert "PATCH" in preflight.headers["access-control-allow-methods"]
        assert "access-control-allow-credentials" not in preflight.headers
        for other in ("https://lab.example:8443", "http://lab.example", "https://LAB.example", "*"):
            refused = page.options("/api/runs", headers={**asked, "Origin": other})
            assert refused.status_code == 403
            assert not [name for name in refused.headers if name.startswith("access-control")]


def test_tokens_are_in_no_log() -> None:
    process = Process(
        "--port=0",
        "--log-level=debug",
        RELUSCOPE_TOKEN=OWNER,
        RELUSCOPE_VIEW_TOKEN=VIEWER,
    )
    try:
        url = f"http://127.0.0.1:{process.until_listening()}"
        shown = {"Authorization": f"Bearer {OWNER}"}
        with httpx.Client(base_url=url) as browser:
            assert browser.post("/api/session", headers=shown).status_code == 200
            (cookie,) = browser.cookies.values()
            browser.get(f"/api/runs?token={OWNER}")
            browser.get("/api/runs", headers={"Authorization": f"Bearer {VIEWER}"})
            browser.get("/api/runs", headers={"Authorization": f"Bearer {WRONG}"})
            browser.post("/api/runs", json={**TINY, "name": VIEWER, "tokens": OWNER})
            headers = {"Cookie": f"{next(iter(browser.cookies))}={cookie}"}
        live = f"{url.replace('http', 'ws')}/api/live"
        with connect(f"{live}?token={OWNER}", additional_headers=headers, origin=url) as socket:
            key = "secret-0123456789"
            socket.send(json.dumps({"type": "present", "id": "code", "key": key, "view": {}}))
            socket.recv()
        with connect(live, additional_headers=shown):
            pass
    finally:
        process.close()
    assert "running on" in process.log
    for secret in (OWNER, VIEWER, WRONG, cookie, key):
        assert secret not in process.log


@pytest.mark.parametrize("path", ["/none", "/main.js", "/new/route", "/docs/x", "/healthz/x"])
def test_what_nobody_thought_of_is_not_open(server: Server, path: str) -> None:
    with asking(server) as nobody:
        assert nobody.get(path).status_code == 401


def test_another_site_embeds_nothing_but_the_page() -> None:
    """Whatever is seen at /docs could be pressed."""
    with in_thread(embed_origin=["https://wiki.example"]) as server:
        for path, embeds in (("/", True), ("/docs", False), ("/api/runs", False)):
            policy = server.api.http.get(f"{path}?embed=1").headers["content-security-policy"]
            assert ("wiki.example" in policy) == embeds
