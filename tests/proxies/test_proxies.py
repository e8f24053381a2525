"""Through a real nginx and a real Caddy, configured as the README shows it: every call and every loss,
and no word of a client about where it comes from."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from tests.proxies import behind, serving
from tests.proxies.behind import Behind
from tests.server.door import certificate
from tests.server.serving import TINY, problem
from tests.server.watching import Curves, Viewer
from tests.waiting import DEADLINE_S

FORGED = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "ftp", "Forwarded": "for=192.0.2.7"}

ITERATIONS = 300


@pytest.fixture(scope="module", params=["nginx, Unix socket", "nginx, port", "caddy"])
def proxied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Behind, httpx.Client]]:
    """A server behind a proxy, and a client outside."""
    folder = tmp_path_factory.mktemp("proxied")
    made = certificate.make(folder)
    through = {
        "nginx, Unix socket": lambda: behind.nginx(folder, "unix", made),
        "nginx, port": lambda: behind.nginx(folder, "tcp", made),
        "caddy": lambda: behind.caddy(folder),
    }
    with through[request.param]() as served:
        options = {"base_url": served.url, "headers": behind.BEARER, "timeout": DEADLINE_S}
        with httpx.Client(verify=served.trusting or False, trust_env=False, **options) as http:
            yield served, http


def test_every_loss_of_a_run_comes_through(proxied: tuple[Behind, httpx.Client]) -> None:
    served, http = proxied
    origin = served.url.removesuffix(behind.ROOT_PATH)
    answer = http.post(
        "/api/runs",
        json={**TINY, "iterations": ITERATIONS, "pace": 1000},
        headers={"Origin": origin},
    )
    assert answer.status_code == 201, answer.text
    run_id = answer.json()["id"]
    assert answer.headers["location"] == f"{behind.ROOT_PATH}/api/runs/{run_id}"
    run = urljoin(served.url, answer.headers["location"])
    curves = Curves({run_id: 0})
    live = f"{served.url}/api/live".replace("http", "ws", 1)
    options = {"origin": origin, "additional_headers": behind.BEARER}
    with Viewer(live, ssl=served.trusting, **options) as viewer:
        viewer.watch({run_id: 0})
        viewer.read(curves, {run_id: ITERATIONS})
    losses = http.get(f"{run}/losses").json()["losses"]
    assert curves.losses[run_id] == [float(loss) for loss in losses]


def test_a_sweep_is_where_its_location_says(proxied: tuple[Behind, httpx.Client]) -> None:
    served, http = proxied
    asked = {"base": TINY, "grid": {"seed": [1, 2]}}
    made = http.post("/api/sweeps", json=asked)
    assert made.status_code == 201, made.text
    found = http.get(urljoin(served.url, made.headers["location"]))
    assert found.json()["id"] == made.json()["id"]


def test_a_client_does_not_say_itself_where_it_comes_from(
    proxied: tuple[Behind, httpx.Client],
) -> None:
    served, http = proxied
    served.asked.clear()
    assert http.get("/api/catalog", headers=FORGED).is_success
    (asked,) = served.asked
    assert asked["client"][0] == "127.0.0.1"
    assert asked["scheme"] == served.url.partition(":")[0]


def test_the_page_is_found_without_the_slash_at_its_end(
    proxied: tuple[Behind, httpx.Client],
) -> None:
    served, http = proxied
    moved = http.get(served.url, params={"embed": 1})
    assert moved.is_redirect
    assert urljoin(served.url, moved.headers["location"]) == f"{served.url}/?embed=1"


@pytest.mark.parametrize("page", ["", "docs"])
def test_all_that_a_page_names_is_found(proxied: tuple[Behind, httpx.Client], page: str) -> None:
    served, http = proxied
    html = http.get(f"/{page}").raise_for_status().text
    named = re.findall(r'(?:src|href)="(assets/[^"]+)"', html)
    assert named
    for name in named:
        assert http.get(urljoin(f"{served.url}/{page}", name)).is_success, name


def test_a_large_import_comes_through(proxied: tuple[Behind, httpx.Client]) -> None:
    _, http = proxied
    junk = b"\0" * 3 * 2**20  # nginx by itself takes one MiB
    told = http.post("/api/import", content=junk, headers={"Content-Type": "application/zip"})
    problem(told, 422)


def test_a_server_that_trusts_nobody_believes_nobody(tmp_path: Path) -> None:
    with behind.reluscope(tmp_path, token=behind.TOKEN) as (url, asked):
        httpx.get(f"{url}/healthz", headers={**FORGED, "X-Forwarded-Proto": "https"})
    (request,) = asked
    assert (request["client"][0], request["scheme"]) == ("127.0.0.1", "http")


def test_a_proxy_that_does_not_say_so_needs_a_token_too(tmp_path: Path) -> None:
    """As nginx is by itself in most versions."""
    port = serving.free_port()
    with behind.reluscope(tmp_path) as (url, _):
        place = f"location / {{ proxy_pass {url}; proxy_http_version 1.0; }}"
        text = f"server {{ listen {port}; {place} }}"
        with serving.nginx(tmp_path, text, port):
            told = httpx.post(f"http://127.0.0.1:{port}/api/runs", json=TINY, trust_env=False)
    assert "--token" in problem(told, 403)["detail"]
