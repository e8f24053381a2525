"""Idempotency-Key: a request that is sent again, since its answer got lost, is done once."""

import hashlib
from collections import OrderedDict

from ..errors import KeyReused

MAX_KEYS = 10_000


class Answers:
    """The newest answers by key. For one thread: the event loop's."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, tuple[bytes, str]] = OrderedDict()

    def find(self, key: str, body: str) -> str | None:
        """The id of the run that this request made before.

        Raises KeyReused where the key came with another body then.
        """
        if key not in self._answers:
            return None
        digest, run_id = self._answers[key]
        if digest != _digest(body):
            raise KeyReused
        return run_id

    def keep(self, key: str, body: str, run_id: str) -> None:
        """Remember what a request made; the oldest are forgotten past `MAX_KEYS`."""
        self._answers[key] = (_digest(body), run_id)
        while len(self._answers) > MAX_KEYS:
            self._answers.popitem(last=False)


def _digest(body: str) -> bytes:
    return hashlib.sha256(body.encode()).digest()
