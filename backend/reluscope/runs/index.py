"""Index: which runs have what the list of runs may be asked for, without a look at any of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from .run import Run

FIELDS = ("status", "relu", "rule", "tag", "sweep")
"""What runs can be found by."""

_Key = tuple[str, str]
"""One of `FIELDS`, and a value of it."""


class Index:
    """Numbers of runs by what these have. To be called under the book's lock."""

    def __init__(self) -> None:
        self._numbers: defaultdict[_Key, set[int]] = defaultdict(set)
        self._entries: dict[int, tuple[int, frozenset[_Key]]] = {}
        self._texts: dict[int, str] = {}

    def note(self, run: Run) -> None:
        """Enter `run`, which is new or has changed."""
        version, before = self._entries.get(run.number, (-1, frozenset[_Key]()))
        if version == run.version:
            return
        spec = run.spec
        now = frozenset(
            (
                ("status", run.status),
                ("relu", spec.relu),
                ("rule", spec.update.rule),
                *(("tag", tag) for tag in spec.tags),
                *((("sweep", run.sweep.id),) if run.sweep else ()),
            )
        )
        for key in before - now:
            self._discard(key, run.number)
        for key in now - before:
            self._numbers[key].add(run.number)
        self._entries[run.number] = (run.version, now)
        self._texts[run.number] = f"{spec.name or ''} {run.id}".lower()

    def forget(self, run: Run) -> None:
        """`run` is no more."""
        _, keys = self._entries.pop(run.number, (0, frozenset[_Key]()))
        self._texts.pop(run.number, None)
        for key in keys:
            self._discard(key, run.number)

    def _discard(self, key: _Key, number: int) -> None:
        self._numbers[key].discard(number)
        if not self._numbers[key]:
            del self._numbers[key]

    def count(self, field: str, value: str) -> int:
        """How many runs have that. Any thread may ask, without the lock."""
        return len(self._numbers.get((field, value), ()))

    def find(
        self,
        wanted: Mapping[str, Collection[str]],
        text: str = "",
        before: int | None = None,
        limit: int | None = None,
    ) -> list[int]:
        """The numbers of runs that have, of each field in `wanted`, one of the values, and `text` in
        their name or id; those smaller than `before`; the largest first, at most `limit`."""
        having = [
            set().union(*(self._numbers.get((field, value), ()) for value in values))
            for field, values in wanted.items()
            if values
        ]
        found = set.intersection(*having) if having else set(self._entries)
        if text:
            found = {number for number in found if text.lower() in self._texts[number]}
        if before is not None:
            found = {number for number in found if number < before}
        return sorted(found, reverse=True)[:limit]

    def oldest(self, field: str) -> dict[str, int]:
        """Each value that runs have of a field, with the smallest of their numbers."""
        return {
            value: min(numbers) for (name, value), numbers in self._numbers.items() if name == field
        }
