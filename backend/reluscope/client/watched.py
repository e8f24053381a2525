"""The runs of one watch: where each is to begin, and the handles that hear of them."""

from collections.abc import Mapping

from .following import Update
from .handles import Runs, RunValues, SweepValues, ids, label
from .values import RunView


class Watched:
    """Runs that are named in any way."""

    def __init__(self, runs: Runs) -> None:
        given = runs if isinstance(runs, SweepValues | RunValues | str) else list(runs)
        self._ids = ids(given)
        several = given if isinstance(given, list) else [given]
        self._handles = [run for run in several if isinstance(run, RunValues)]

    def cursors(self, start: int | Mapping[str, int]) -> dict[str, int]:
        """The first iteration wanted of each."""
        if isinstance(start, int):
            return dict.fromkeys(self._ids, start)
        return {run_id: start.get(run_id, 0) for run_id in self._ids}

    @property
    def labels(self) -> dict[str, str]:
        """What each is called, as far as it is known."""
        known = {run.id: label(run.view) for run in self._handles}
        return {run_id: known.get(run_id, run_id[:8]) for run_id in self._ids}

    def note(self, update: Update) -> None:
        """Tell the handles how their runs are."""
        if isinstance(update, RunView):
            for handle in self._handles:
                if handle.id == update.id:
                    handle.view = update
