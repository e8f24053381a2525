"""Idempotency-Key: a request that is sent again, since its answer got lost, is done once."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from ..errors import KeyReused, KeySpent, UnknownRun, UnknownSweep
from ..runs.book import Book
from ..runs.run import Run
from ..training.spec import RunSpec

MAX_KEYS = 10_000

Request = tuple[str, bytes]
"""A key, and what tells whether another request with it is the same."""


class Answers:
    """What keys have made: runs that are there know it themselves, so that it holds for the next
    server, too; of those that are gone, the newest. For one thread: the event loop's."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, tuple[bytes, str]] = OrderedDict()
        self._making: dict[str, asyncio.Future[None]] = {}

    async def run_of(self, key: str, spec: RunSpec, book: Book) -> Run:
        """The run that `key` has made, or makes now.

        Raises KeyReused where the key came with another spec before, KeySpent where its run has
        been deleted, and what `Book.open` raises.
        """

        async def make(request: Request) -> str:
            return book.open(spec, request=request).id

        run_id = await self._made(key, spec.model_dump_json().encode(), book, make)
        try:
            return book.find(run_id)
        except UnknownRun:
            raise KeySpent(f"run {run_id}") from None

    async def sweep_of(
        self, key: str, asked: bytes, book: Book, make: Callable[[Request], Awaitable[str]]
    ) -> list[Run]:
        """The runs of the sweep that `key` has made, or that `make` makes now, of which it gives the
        id. `asked` tells what is asked for.

        Raises what `run_of` does, and what `make` raises.
        """
        sweep_id = await self._made(key, b"sweep " + asked, book, make)
        try:
            return book.sweep(sweep_id)
        except UnknownSweep:
            raise KeySpent(f"sweep {sweep_id}") from None

    async def _made(
        self, key: str, asked: bytes, book: Book, make: Callable[[Request], Awaitable[str]]
    ) -> str:
        """The id of what `key` has made, or makes now: where that takes a while, all who come
        meanwhile with the same key wait for it."""
        digest = hashlib.sha256(asked).digest()
        while key in self._making:
            await asyncio.wait([self._making[key]])
        if key not in self._answers:
            if run := book.made_by(key):
                assert run.request is not None
                self._note(key, run.request[1], run.sweep.id if run.sweep else run.id)
            else:
                made = self._making[key] = asyncio.get_running_loop().create_future()
                try:
                    self._note(key, digest, await make((key, digest)))
                finally:
                    del self._making[key]
                    made.set_result(None)
        known, made_id = self._answers[key]
        if known != digest:
            raise KeyReused
        return made_id

    def _note(self, key: str, digest: bytes, made_id: str) -> None:
        self._answers[key] = (digest, made_id)
        if len(self._answers) > MAX_KEYS:
            self._answers.popitem(last=False)
