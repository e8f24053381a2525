"""Whoever is named is told of each run that ends: once, signed, and at nobody else's cost."""

import asyncio
import hashlib
import hmac
import logging
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from pydantic import SecretStr

from reluscope.server.operations import journal
from reluscope.server.operations import webhooks as module
from reluscope.server.operations.metrics import Metrics
from reluscope.server.operations.webhooks import MAX_WAITING, SENDERS, Webhooks
from reluscope.settings import Settings
from tests.runs.stored import left_by_a_crash
from tests.waiting import DEADLINE_S, eventually

from ..door import certificate
from ..serving import LONG, TINY, in_thread
from .receiving import hanging, receiver

README = (Path(__file__).parents[3] / "README.md").read_text()

SECRET = "a secret of twenty-six letters"


class Outcome(NamedTuple):
    """How many webhooks were accepted, and how many given up."""

    delivered: float | None
    failed: float | None


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(module, "WAITS_S", (0.01, 0.02))
    monkeypatch.setattr(module, "TIMEOUT_S", 0.5)


@pytest.fixture
def quiet(caplog):
    """What was logged of webhooks."""
    caplog.set_level(logging.DEBUG, module.__name__)
    return lambda: [r.getMessage() for r in caplog.records if r.name == module.__name__]


class View:
    """As much of a run as a webhook needs."""

    id = "some"
    ended_at = 1.0

    def model_dump(self, **_: object) -> dict[str, object]:
        return {"id": self.id}


SOME = (View(),)


def tell(*urls: str, views: Sequence[View] = SOME, secret: str | None = None) -> Outcome:
    """Tell receivers of runs without a server; what came of it."""

    async def told() -> None:
        async with webhooks.open():
            for view in views:
                webhooks.tell(view)  # type: ignore[arg-type]
            async with asyncio.timeout(DEADLINE_S):
                while webhooks.waiting:  # noqa: ASYNC110 - nobody tells of it
                    await asyncio.sleep(0.005)

    metrics = Metrics()
    webhooks = Webhooks(
        [SecretStr(url) for url in urls], None if secret is None else SecretStr(secret), metrics
    )
    asyncio.run(told())
    return outcome(metrics)


def outcome(metrics: Metrics) -> Outcome:
    names = [f"reluscope_webhooks_{name}_total" for name in Outcome._fields]
    return Outcome(*map(metrics.registry.get_sample_value, names))


def test_a_run_that_ends_is_told_of_and_signed():
    with receiver() as hook, in_thread(webhook=[hook.url], webhook_secret=SECRET) as server:
        before = time.time()
        run_id = server.api.start(**TINY, name="ä")
        server.api.until_ended(run_id)
        (came,) = eventually(lambda: hook.requests, "the webhook")
        view = server.api.show(run_id)
    assert (came.method, came.path) == ("POST", "/hook")
    assert came.headers["content-type"] == "application/json"
    assert came.headers["user-agent"].startswith("reluscope/")
    assert came.told["type"] == "run.ended"
    assert came.told["run"] == view
    assert came.told["at"] == view["ended_at"]
    assert len(came.told["id"]) == 32
    at = came.headers["x-reluscope-timestamp"]
    assert before - 1 <= int(at) <= time.time()
    expected = hmac.new(SECRET.encode(), f"{at}.".encode() + came.body, hashlib.sha256).hexdigest()
    assert came.headers["x-reluscope-signature"] == f"sha256={expected}"


def test_without_a_secret_it_is_not_signed():
    with receiver() as hook:
        tell(hook.url)
    assert "x-reluscope-signature" not in hook.requests[0].headers


FAILING = """
from reluscope.training import implementation


@implementation("Fails")
def fails(h):
    if h.shape[0] > 1:
        raise LookupError("nobody foresaw this")
    return h.clamp(min=0)
"""


@pytest.mark.usefixtures("registries")
def test_each_end_is_told_and_what_is_none_is_not(tmp_path):
    """Nor what ended in an earlier life of the server, or elsewhere."""
    (file := tmp_path / "failing.py").write_text(FAILING)
    with receiver() as hook:
        with in_thread(webhook=[hook.url], data=tmp_path, load=[file]) as server:
            api = server.api
            runs = {
                "finished": api.start(**TINY),
                "diverged": api.start(**{**TINY, "update": {"lr": 1e9}}),
                "failed": api.start(**TINY, relu="fails"),
                "stopped": api.start(**LONG, pace=1),
            }
            paused, cut_off = api.start(**LONG, pace=1), api.start(**LONG, pace=1)
            api.verb(paused, "pause")
            api.verb(runs["stopped"], "stop")
            api.until_ended(*runs.values())
            eventually(lambda: len(hook.requests) == 4, "the webhooks")
            server.book.settled().result()
        with in_thread(webhook=[hook.url], data=tmp_path, resume="never") as server:
            assert server.api.show(cut_off)["status"] == "interrupted"
            server.api.verb(cut_off, "stop")
            eventually(lambda: len(hook.requests) == 5, "the one that ended in this life")
            headers = {"content-type": "application/zip"}
            taken = server.api.http.get("/api/export", params={"id": runs["finished"]}).content
            came = server.api.http.post("/api/import", content=taken, headers=headers)
            last = server.api.start(**TINY)
            eventually(lambda: len(hook.requests) == 6, "the last")
    assert {r.told["run"]["id"]: r.told["run"]["status"] for r in hook.requests} == {
        **{run_id: status for status, run_id in runs.items()},
        cut_off: "stopped",
        last: "finished",
    }
    assert came.status_code == 201
    assert len({r.told["id"] for r in hook.requests}) == 6


def test_what_was_cut_off_goes_on_and_is_told_of_when_it_ends(tmp_path):
    spec = {**TINY, "iterations": 1000, "pace": 500.0}
    with receiver() as hook:
        with in_thread(webhook=[hook.url], data=tmp_path / "a") as server:
            run_id = server.api.start(**spec)
            server.api.until_at(run_id, 50)
            server.book.settled().result()
            left_by_a_crash(tmp_path / "a", tmp_path / "b")
        assert hook.requests == []
        with in_thread(webhook=[hook.url], data=tmp_path / "b"):
            eventually(lambda: hook.ended() == [run_id], "the webhook")


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_one_that_fails_twice_is_told_at_the_third_attempt(status):
    with receiver(lambda number: status if number < 2 else 200) as hook:
        assert tell(hook.url, secret=SECRET) == (1, 0)
    assert len(hook.requests) == 3
    assert len({request.body for request in hook.requests}) == 1


def test_between_two_attempts_it_waits_and_a_little_longer_than_others_do(monkeypatch):
    slept, sleep = [], asyncio.sleep

    async def sleeping(delay_s: float) -> None:
        slept.append(delay_s)
        await sleep(min(delay_s, 0.01))

    monkeypatch.setattr(module, "WAITS_S", (100.0, 1000.0))
    monkeypatch.setattr(asyncio, "sleep", sleeping)
    with receiver(lambda _: 500) as hook:
        assert tell(hook.url) == (0, 1)
    first, second = (delay_s for delay_s in slept if delay_s >= 100.0)
    assert 100.0 <= first <= 120.0
    assert 1000.0 <= second <= 1200.0


@pytest.mark.parametrize(("status", "attempts"), [(500, 3), (404, 1), (410, 1), (307, 1), (302, 1)])
def test_one_that_refuses_is_given_up(status, attempts, quiet):
    with receiver() as other, receiver(lambda _: status, Location=other.url) as hook:
        assert tell(hook.url) == (0, 1)
    assert len(hook.requests) == attempts
    assert other.requests == []
    (told,) = [line for line in quiet() if "was not told" in line]
    assert f"run some ended: status {status}" in told


def test_one_that_is_dead_or_hangs_holds_up_no_other(monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_S", 1000.0)
    monkeypatch.setattr(module, "WAITS_S", (1000.0,))
    with receiver() as gone:
        pass
    with (
        hanging() as slow,
        receiver() as hook,
        in_thread(webhook=[gone.url, slow.url, hook.url]) as server,
    ):
        runs = [server.api.start(**TINY, iterations=5) for _ in range(3 * SENDERS)]
        eventually(lambda: sorted(hook.ended()) == sorted(runs), "the one that is well")
        assert len(slow.requests) == SENDERS


def test_one_that_hangs_is_given_up(quiet):
    with hanging() as slow:
        assert tell(slow.url) == (0, 1)
    assert len(slow.requests) == 3
    assert any("no answer in 0.5 s, at 3 attempts" in line for line in quiet())


def test_the_end_of_the_server_waits_for_nobody(monkeypatch, quiet):
    monkeypatch.setattr(module, "TIMEOUT_S", 1000.0)
    with hanging() as slow:
        with in_thread(webhook=[slow.url]) as server:
            server.api.start(**TINY)
            eventually(lambda: slow.requests, "the attempt")
        assert "the server ends with 1 webhooks on their way" in quiet()


def test_what_ends_just_before_the_server_is_logged_and_waits_in_vain(monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    with hanging() as slow, in_thread(webhook=[slow.url]) as server:
        run_id = server.api.start(**TINY, pace=1000.0)
        eventually(lambda: f"run {run_id} began" in caplog.text, "its beginning")
        monkeypatch.setattr(journal, "LOOK_S", 1000.0)
        server.api.until_ended(run_id)
    assert f"run {run_id} finished at iteration 500" in caplog.text
    assert "the server ends with 1 webhooks on their way" in caplog.text


def test_no_proxy_of_the_environment_is_asked(monkeypatch):
    with receiver() as proxy, receiver() as hook:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert tell(hook.url) == (1, 0)
    assert proxy.requests == []


def test_by_https_a_receiver_must_show_a_certificate_that_is_trusted(monkeypatch, tmp_path, quiet):
    made = certificate.make(tmp_path)
    with receiver(tls=made) as hook:
        assert tell(hook.url) == (0, 1)
        assert hook.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
        assert tell(hook.url) == (1, 0)
    assert any("ConnectError" in line for line in quiet())


class Names:
    """A resolver that knows some names, and does not answer for others."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **known: Sequence[str]) -> None:
        self.asked = 0
        self.over = threading.Event()
        self._known = known
        self._ask = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._look)

    def _look(self, host: str | bytes, *more: Any, **others: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name.endswith(".test"):
            self.asked += 1
            self.over.wait()
            raise socket.gaierror
        addresses = self._known.get(name, [name])
        return [one for address in addresses for one in self._ask(address, *more, **others)]


def test_a_name_that_is_not_answered_holds_up_neither_the_servers_threads_nor_its_end(monkeypatch):
    names = Names(monkeypatch)
    monkeypatch.setattr(module, "TIMEOUT_S", 0.05)
    urls = [SecretStr(f"http://{name}.test") for name in "abc"]

    async def told() -> None:
        webhooks = Webhooks(urls, None, Metrics())
        async with webhooks.open(), asyncio.timeout(DEADLINE_S):
            for _ in range(SENDERS):
                webhooks.tell(View())  # type: ignore[arg-type]
            while names.asked <= 32:  # noqa: ASYNC110 - more than the loop ever has threads
                await asyncio.sleep(0.005)
            await asyncio.to_thread(int)

    try:
        asyncio.run(told())
    finally:
        names.over.set()


def test_of_a_host_with_several_addresses_one_is_enough_and_must_be_that_host(
    monkeypatch, tmp_path, quiet
):
    Names(monkeypatch, localhost=["127.0.0.2", "127.0.0.1"], other=["127.0.0.1"])
    made = certificate.make(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    with receiver(tls=made) as hook:
        url = hook.url.replace("127.0.0.1", "localhost")
        assert tell(url) == (1, 0)
        assert hook.requests[0].headers["host"] == url.split("/")[2]
        assert tell(url.replace("localhost", "other")) == (0, 1)
        assert len(hook.requests) == 1
    assert any("ConnectError" in line for line in quiet())


def test_an_address_that_cannot_be_one_is_given_up(quiet):
    assert tell(f"http://{'x' * 64}.test/hush") == (0, 1)
    assert any("its address is none" in line for line in quiet())
    assert "hush" not in "".join(quiet())


def test_the_log_has_the_receivers_host_and_no_more_of_its_address(quiet, caplog):
    caplog.set_level(logging.DEBUG)
    with receiver(lambda number: 500 if number == 0 else 404) as hook:
        url = hook.url.replace("//", "//user:hush-1@") + "/hush-2?key=hush-3"
        assert tell(url, secret="hush-4") == (0, 1)
        assert "hush" not in repr(Settings(webhook=[url], webhook_secret=f"hush {SECRET}"))
    assert tell(url) == (0, 1)  # nobody listens there any more
    assert hook.requests[0].headers["authorization"].startswith("Basic ")
    host = hook.url.removesuffix("/hook")
    assert any(line.startswith(f"{host} was not told") for line in quiet())
    assert not [line for line in quiet() if "hush" in line]


def test_ten_thousand_at_once_are_few_tasks_and_a_bound(quiet):
    metrics = Metrics()

    async def told(url: str) -> tuple[int, int]:
        webhooks = Webhooks([SecretStr(url)], None, metrics)
        async with webhooks.open():
            for _ in range(MAX_WAITING + 7):
                webhooks.tell(View())  # type: ignore[arg-type]
            await asyncio.sleep(0)
            return len(asyncio.all_tasks()), webhooks.waiting

    with hanging() as slow:
        assert asyncio.run(told(slow.url)) == (1 + SENDERS, MAX_WAITING)
    assert outcome(metrics) == (0, 7)
    assert len([line for line in quiet() if "too many others wait" in line]) == 7


def test_an_error_of_ones_own_ends_no_sender(quiet):
    class Broken(View):
        def model_dump(self, **_: object) -> dict[str, object]:
            raise LookupError

    with receiver() as hook:
        assert tell(hook.url, views=[Broken()] * 2 * SENDERS + [View()]) == (1, 2 * SENDERS)
    assert hook.ended() == ["some"]
    assert "a webhook met what it does not know" in quiet()


def test_who_is_told_checks_it_as_the_readme_says():
    (block,) = [text for text in README.split("```python\n") if "def is_genuine" in text]
    there: dict[str, Any] = {}
    exec(block.partition("```")[0], there)
    with receiver() as hook:
        tell(hook.url, secret=SECRET)
    came = hook.requests[0]
    headers = httpx.Headers(came.headers)
    assert there["is_genuine"](headers, came.body, SECRET)
    assert not there["is_genuine"](headers, came.body + b" ", SECRET)
    assert not there["is_genuine"](headers, came.body, f"{SECRET}.")
    headers["X-Reluscope-Timestamp"] = str(int(headers["X-Reluscope-Timestamp"]) + 1)
    assert not there["is_genuine"](headers, came.body, SECRET)
