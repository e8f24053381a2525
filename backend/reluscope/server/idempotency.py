"""Idempotency-Key: a request that is sent again, since its answer got lost, is done once."""

import hashlib
from collections import OrderedDict

from ..errors import KeyReused, KeySpent, UnknownRun
from ..runs.book import Book
from ..runs.run import Run
from ..training.spec import RunSpec

MAX_KEYS = 10_000


class Answers:
    """The runs that keys have made: those that are there know it themselves, so that it holds for
    the next server, too; of those that are gone, the newest. For one thread: the event loop's."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, tuple[bytes, str]] = OrderedDict()

    def run_of(self, key: str, spec: RunSpec, book: Book) -> Run:
        """The run that `key` has made, or makes now.

        Raises KeyReused where the key came with another spec before, KeySpent where its run has
        been deleted, and what `Book.open` raises.
        """
        digest = hashlib.sha256(spec.model_dump_json().encode()).digest()
        if key not in self._answers:
            run = book.made_by(key) or book.open(spec, request=(key, digest))
            assert run.request is not None
            self._note(key, run.request[1], run)
        known, run_id = self._answers[key]
        if known != digest:
            raise KeyReused
        try:
            return book.find(run_id)
        except UnknownRun:
            raise KeySpent(run_id) from None

    def _note(self, key: str, digest: bytes, run: Run) -> None:
        self._answers[key] = (digest, run.id)
        if len(self._answers) > MAX_KEYS:
            self._answers.popitem(last=False)
