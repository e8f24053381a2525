"""Webhooks: whoever the server's owner has named is told of each run that has ended.

Each receiver has a queue of its own and a few senders, so that one that is dead holds up no other,
and ten thousand runs that end at once are no more than ten thousand small entries that wait. What
waits when the server ends is told to nobody.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import random
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import Future
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from ... import __version__
from ...runs.view import RunView
from .metrics import Metrics

logger = logging.getLogger(__name__)

SIGNATURE = "X-Reluscope-Signature"
TIMESTAMP = "X-Reluscope-Timestamp"

TIMEOUT_S = 10.0
"""How long a receiver may take to answer one attempt, all in all."""

WAITS_S: Sequence[float] = (1.0, 5.0, 25.0, 125.0)
"""Between two attempts; after the last, it is given up. Long enough for a receiver to be started anew."""

JITTER = 0.2
"""How much longer each may be, as a share: senders must not come back all at the same instant."""

SENDERS = 4
"""Requests to one receiver at once."""

MAX_WAITING = 10_000
"""Runs of which one receiver may have yet to be told: each takes about 1 KiB. Others are given up."""

AGAIN = frozenset({408, 425, 429})
"""What a receiver may answer beside 5xx for another attempt to be made."""


class Ending(NamedTuple):
    """That a run has ended."""

    id: str
    """The same at each attempt, and for each receiver."""
    run: RunView

    def body(self) -> bytes:
        """What is sent of it."""
        told = {
            "type": "run.ended",
            "id": self.id,
            "at": self.run.ended_at,
            "run": self.run.model_dump(mode="json", warnings=False),
        }
        return json.dumps(told, separators=(",", ":"), allow_nan=False).encode()


class _Refused(Exception):
    """The receiver does not want it; it makes no sense to ask again."""


class _Receiver:
    """Who is told."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        self.name = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
        """For the log: whoever knows the rest of the address may write to it, too."""
        self.url = url
        self.waiting: asyncio.Queue[Ending] = asyncio.Queue(MAX_WAITING)


class Webhooks:
    """For one thread: the event loop's."""

    def __init__(
        self, urls: Sequence[SecretStr], secret: SecretStr | None, metrics: Metrics
    ) -> None:
        """`secret` signs what is sent, where there is one."""
        self._receivers = [_Receiver(url.get_secret_value()) for url in urls]
        self._secret = None if secret is None else secret.get_secret_value().encode()
        self._metrics = metrics
        self._sending = 0

    @property
    def waiting(self) -> int:
        """How many are on their way."""
        return self._sending + sum(one.waiting.qsize() for one in self._receivers)

    def tell(self, run: RunView) -> None:
        """A run has ended: every receiver will be told of it."""
        ending = Ending(uuid.uuid4().hex, run)
        for receiver in self._receivers:
            try:
                receiver.waiting.put_nowait(ending)
            except asyncio.QueueFull:
                self._give_up(receiver, ending, "too many others wait")

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """While inside, they are told."""
        if not self._receivers:
            yield
            return
        trusted = httpx.create_ssl_context(trust_env=False)
        trusted.load_default_certs()  # and those of this machine, or of SSL_CERT_FILE
        async with httpx.AsyncClient(
            verify=trusted,
            timeout=TIMEOUT_S,
            follow_redirects=False,
            trust_env=False,
            # One is of the name that it was opened for, though another may be at the same address.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            headers={"User-Agent": f"reluscope/{__version__}", "Content-Type": "application/json"},
        ) as client:
            senders = [
                asyncio.create_task(self._send_all(client, receiver))
                for receiver in self._receivers
                for _ in range(SENDERS)
            ]
            try:
                yield
            finally:
                for sender in senders:
                    sender.cancel()
                await asyncio.gather(*senders, return_exceptions=True)
                if left := self.waiting:
                    logger.warning("the server ends with %d webhooks on their way", left)

    async def _send_all(self, client: httpx.AsyncClient, receiver: _Receiver) -> None:
        while True:
            ending = await receiver.waiting.get()
            self._sending += 1
            try:
                await self._deliver(client, receiver, ending)
            except _Refused as error:
                self._give_up(receiver, ending, str(error))
            except Exception:
                logger.exception("a webhook met what it does not know")
                self._give_up(receiver, ending, "an error of the server's")
            else:
                self._metrics.delivered.inc()
            self._sending -= 1

    async def _deliver(
        self, client: httpx.AsyncClient, receiver: _Receiver, ending: Ending
    ) -> None:
        """Tell a receiver, at several attempts where it takes those. Raises _Refused."""
        body = ending.body()
        for wait_s in (*WAITS_S, None):
            said = await self._attempt(client, receiver.url, body)
            if said is None:
                return
            if wait_s is None:
                raise _Refused(f"{said}, at {len(WAITS_S) + 1} attempts")
            logger.debug("webhook %s to %s: %s", ending.id, receiver.name, said)
            await asyncio.sleep(wait_s * random.uniform(1.0, 1.0 + JITTER))  # noqa: S311

    async def _attempt(self, client: httpx.AsyncClient, url: str, body: bytes) -> str | None:
        """None where it was accepted; what came instead where it may be asked again. Of its answer the
        status alone is read: who knows how long the rest is. Raises _Refused."""
        headers = signed(body, self._secret, int(time.time()))
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status = await _post(client, httpx.URL(url), body, headers)
        except TimeoutError:
            return f"no answer in {TIMEOUT_S:g} s"
        except (httpx.HTTPError, OSError) as error:
            return type(error).__name__  # its words may hold the address
        except (httpx.InvalidURL, UnicodeError):
            raise _Refused("its address is none") from None
        if httpx.codes.is_success(status):
            return None
        if status in AGAIN or httpx.codes.is_server_error(status):
            return f"status {status}"
        raise _Refused(f"status {status}")

    def _give_up(self, receiver: _Receiver, ending: Ending, why: str) -> None:
        self._metrics.failed.inc()
        logger.warning("%s was not told that run %s ended: %s", receiver.name, ending.run.id, why)


async def _post(
    client: httpx.AsyncClient, url: httpx.URL, body: bytes, headers: Mapping[str, str]
) -> int:
    """The status with which the first address of a host answers that can be reached.

    Raises OSError where the host has none, and httpx's errors.
    """
    host = url.raw_host.decode("ascii")
    addresses = await asyncio.wrap_future(_looked_up(host))
    timeout = httpx.Timeout(TIMEOUT_S, connect=TIMEOUT_S / len(addresses))

    async def post(address: str) -> int:
        async with client.stream(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={"Host": url.netloc.decode("ascii"), **headers},
            extensions={"sni_hostname": host},  # and whose certificate it must be
            timeout=timeout,
        ) as answer:
            return answer.status_code

    for address in addresses[:-1]:
        with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
            return await post(address)
    return await post(addresses[-1])


def _looked_up(host: str) -> Future[list[str]]:
    """The addresses of a host, found in a thread of their own. Of the event loop's threads there are
    few: where names are not answered, whatever else the server does in them would wait, and so would
    its end."""
    found: Future[list[str]] = Future()
    found.set_running_or_notify_cancel()

    def look() -> None:
        try:
            places = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except BaseException as error:  # noqa: BLE001 - raised where it was asked
            found.set_exception(error)
        else:
            found.set_result([str(address[0]) for *_, address in places])

    threading.Thread(target=look, name="webhook names", daemon=True).start()
    return found


def signed(body: bytes, secret: bytes | None, at: int) -> dict[str, str]:
    """The headers that tell when a body was sent, in Unix seconds, and prove by whom: the HMAC-SHA256
    of `<timestamp>.<body>`, without which anybody could send again what they once saw."""
    headers = {TIMESTAMP: str(at)}
    if secret is not None:
        digest = hmac.new(secret, b"%d." % at + body, hashlib.sha256).hexdigest()
        headers[SIGNATURE] = f"sha256={digest}"
    return headers
