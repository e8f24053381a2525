"""The ways to a server: connections that are lost, Unix sockets, paths of proxies, tokens."""

import asyncio
import socket
import ssl

import pytest
from httpx import HTTPTransport
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from reluscope import AsyncClient, Client
from reluscope.cli.serve import prepare
from reluscope.client import BadAnswer, NotAllowed, NotConnected, TimedOut, TooManyRequests
from reluscope.client.address import Address
from reluscope.client.rim import (
    Reconnecting,
    Settings,
    http_options,
    socket_options,
    written,
)
from reluscope.settings import Settings as ServerSettings
from tests.server.door import certificate
from tests.server.serving import LONG, TINY, in_thread, running


def test_what_is_sent_again_is_done_once(scope, relay):
    with Client(relay.url) as far:
        relay.losing = 1
        run = far.create(**LONG, pace=10)
        assert list(scope.runs()) == [run]
        for verb in (run.pause, run.resume, run.stop):
            relay.losing = 1
            verb()
        relay.losing = 1
        assert far.run(run.id).status == "stopped"
        relay.losing = 1
        assert run.change(name="named").name == "named"
        relay.losing = 1
        run.delete()
        relay.losing = 1
        sweep = far.create_sweep(grid={"seed": [1, 2]}, **TINY)
        assert len(list(scope.runs())) == len(sweep) == 2
        assert relay.losing == 0


def test_what_may_not_be_done_twice_is_not_sent_again(scope, relay):
    run = scope.create(**LONG, pace=10).pause()
    with Client(relay.url) as far:
        distant = far.run(run.id)
        for call in (distant.step, lambda: distant.fork(0), distant.replay):
            relay.losing = 1
            with pytest.raises(NotConnected, match="nobody answers at"):
                call()
    assert len(list(scope.runs())) == 3


def test_a_server_at_a_unix_socket(tmp_path):
    path = tmp_path / "socket"
    with running(prepare(ServerSettings(uds=path, data=tmp_path / "data"))) as errors:
        with Client(uds=path) as scope:
            assert str(path) in repr(scope)
            run = scope.create(**TINY, iterations=20)
            assert len(list(run.stream())) == 20

        with Client(f"unix:{path}") as scope:
            assert len(list(scope.run(run.id).stream())) == 20

        async def script():
            async with AsyncClient(uds=path) as scope:
                return [each async for each in (await scope.run(run.id)).stream()]

        assert len(asyncio.run(script())) == 20
        assert errors == []


def test_a_server_with_a_certificate_of_its_own(tmp_path):
    made = certificate.make(tmp_path)
    files = {"ssl_certfile": made.certificate, "ssl_keyfile": made.key}
    server = prepare(ServerSettings(port=0, data=tmp_path / "data", **files))
    with running(server):
        url = f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        with Client(url, context=ssl.create_default_context(cafile=made.certificate)) as scope:
            run = scope.create(**TINY, iterations=20)
            assert len(list(run.stream())) == 20
        with Client(url, retries=0) as scope, pytest.raises(NotConnected, match="CERTIFICATE"):
            scope.catalog()


def test_a_server_below_a_path():
    with in_thread(root_path="/scope") as server, Client(f"{server.api.url}/scope/") as scope:
        run = scope.create(**TINY, iterations=20)
        assert len(list(run.stream())) == 20
        assert scope.ready().status == "ready"


def test_a_server_that_says_nothing_is_waited_for_as_long_as_asked():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client(url, timeout=0.1) as scope, pytest.raises(TimedOut, match="no answer from"):
            scope.catalog()


def test_where_nobody_answers_it_says_what_to_do(unused_port):
    url = f"http://127.0.0.1:{unused_port}"
    with (
        Client(url, retries=1) as scope,
        pytest.raises(NotConnected, match=rf"nobody answers at {url} \(.*refused.*`reluscope`"),
    ):
        scope.catalog()


def test_the_address_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("RELUSCOPE_URL", "https://example.test/scope/")
    monkeypatch.setenv("RELUSCOPE_TOKEN", "secret-of-the-owner")
    with Client() as scope:
        assert scope.url == "https://example.test/scope"
        assert "secret" not in repr(scope)
        address = scope._transport.address
        assert address.live_url == "wss://example.test/scope/api/live?list=watched"
        assert address.headers == {"Authorization": "Bearer secret-of-the-owner"}
        assert "secret" not in repr(address)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "http://127.0.0.1:port", "http://127.0.0.1:99999", "http://[::1"]
)
def test_what_is_no_address_is_told_at_once(url):
    with pytest.raises(ValueError, match="expected an address like"):
        Client(url)


@pytest.mark.parametrize("token", ["s3cret\n", "gehe\N{LATIN SMALL LETTER I WITH DIAERESIS}m"])
def test_what_is_no_token_is_told_at_once_and_not_shown(token):
    with pytest.raises(ValueError, match="expected a token of letters and digits") as caught:
        Client(token=token)
    assert token.strip() not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://lab.localhost", True),
        ("http://192.0.2.1:8000", False),
        ("https://lab.example", False),
    ],
)
def test_this_machine_is_never_asked_through_a_proxy(url, is_here):
    address, settings = Address.find(url), Settings(30, 3, 120, None)
    assert http_options(address, settings, HTTPTransport)["trust_env"] is not is_here
    assert socket_options(address, settings)["proxy"] is (None if is_here else True)


def test_a_socket_is_opened_again_when_the_server_asks_for_it():
    settings = Settings(30, 3, 120, None)
    reconnecting = Reconnecting(Address.find("http://127.0.0.1:8000"), settings)
    busy = Response(429, "", Headers({"Retry-After": "7"}), b"")
    assert reconnecting.wait_s(InvalidStatus(busy)) == 7


def test_a_file_that_did_not_come_whole_is_not_there(tmp_path):
    target = tmp_path / "runs.zip"
    target.write_bytes(b"before")

    def write():
        with written(target) as part:
            part.write_bytes(b"half")
            raise OSError("cut off")

    with pytest.raises(OSError, match="cut off"):
        write()
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"before"]


def test_a_token_opens_what_it_may():
    with in_thread(token="o" * 32, view_token="v" * 32) as server:
        url = server.api.url
        with Client(url, token="o" * 32) as owner, Client(url, token="v" * 32) as viewer:
            run = owner.create(**TINY, iterations=30)
            assert len(list(viewer.run(run.id).stream())) == 30
            assert (owner.session().role, viewer.session().role) == ("owner", "viewer")
            with pytest.raises(NotAllowed, match="a view token cannot do it"):
                viewer.create(**TINY)
        with Client(url) as nobody, Client(url, token="wrong") as wrong:
            assert nobody.session().role is None
            for client in (nobody, wrong):
                with pytest.raises(NotAllowed, match="token"):
                    client.catalog()
                with pytest.raises(NotAllowed, match="token"):
                    list(client.watch([run]))


def test_more_writes_than_are_allowed_are_only_slower():
    with in_thread(max_writes=1) as server, Client(server.api.url) as scope:
        made = [scope.create(**TINY, iterations=1) for _ in range(12)]
        assert len({run.id for run in made}) == 12
    with in_thread(max_writes=1) as server, Client(server.api.url, retries=0) as scope:
        with pytest.raises(TooManyRequests) as caught:
            [scope.create(**TINY, iterations=1) for _ in range(12)]
        assert caught.value.limit == {"name": "writes_per_s", "maximum": 1}


def test_another_server_is_told_from_reluscope(other_url):
    with Client(other_url) as scope, pytest.raises(BadAnswer, match="what answers is no reluscope"):
        scope.catalog()
