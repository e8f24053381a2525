"""Sweep: many runs that were asked for at once."""

from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING, Self

from ...blocks import Losses
from .. import calls, dataframes, waiting
from ..following import Following, losses_in
from ..handles import SweepValues
from ..plotting.live import live_figure
from ..values import Results, SweepView
from .run import Run
from .transport import Transport

if TYPE_CHECKING:
    import pandas as pd

    from ..plotting.figure import LiveFigure


class Sweep(SweepValues):
    """Many runs, made at once and steered together. What it tells of itself is as it was when it was
    last heard of.

    >>> sweep = scope.create_sweep(
    ...     grid={"update.lr": [1e-7, 1e-6], "relu": ["clamp", "half_abs"]}, iterations=50
    ... )
    >>> sweep.wait().statuses
    {'finished': 4}
    """

    def __init__(self, transport: Transport, view: SweepView) -> None:
        super().__init__(view)
        self._transport = transport

    def _heard(self, view: SweepView) -> Self:
        self.view = view
        return self

    def refresh(self) -> Self:
        """Ask how it is now; this same sweep, brought up to date."""
        return self._heard(self._transport.do(calls.show_sweep(self.id)))

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until each of its runs has ended, well or not: `statuses` counts. TimedOut is raised
        after `timeout` seconds."""
        return self._heard(self._transport.do(waiting.sweep(self.id, timeout)))

    def pause(self) -> Self:
        """Pause all of its runs that have not ended."""
        return self._heard(self._transport.do(calls.sweep_verb(self.id, "pause")))

    def resume(self) -> Self:
        """Let them go on."""
        return self._heard(self._transport.do(calls.sweep_verb(self.id, "resume")))

    def stop(self) -> Self:
        """End all of its runs for good; their losses stay."""
        return self._heard(self._transport.do(calls.sweep_verb(self.id, "stop")))

    def delete(self) -> None:
        """Forget it, its runs and their losses."""
        self._transport.do(calls.delete_sweep(self.id))

    def runs(self) -> list[Run]:
        """Its runs, in the order in which they were asked for; `run.point` is what each has of the
        sweep.

        >>> sweep.runs()[0].point
        {'update.lr': 1e-07, 'relu': 'clamp'}
        """
        views = self._transport.do(calls.runs_of(self.id))
        return [Run(self._transport, view) for view in views]

    def results(self) -> Results:
        """What its runs have come to, as a table: for each run its id, name, each field of the sweep,
        status, iteration, loss, min_loss, rate and reason.

        >>> min(sweep.results().records, key=lambda row: row["min_loss"])["update.lr"]
        1e-06
        """
        return self._transport.do(calls.results(self.id))

    def to_pandas(self) -> "pd.DataFrame":
        """The same as a DataFrame, one row a run, by its `id`. Raises NotInstalled without pandas.

        >>> sweep.to_pandas().groupby("relu").min_loss.min().index.tolist()
        ['clamp', 'half_abs']
        """
        return dataframes.of_results(self.results())

    def watch(self, start: int = 0, *, rewind: bool = False) -> Generator[Losses, None, None]:
        """The losses of all its runs as they come, as `Client.watch`.

        >>> sum(len(block.losses) for block in sweep.watch())
        200
        """
        cursors = dict.fromkeys(self.view.runs, start)
        with closing(self._transport.follow(Following(cursors))) as updates:
            for update in updates:
                if losses := losses_in(update, rewind=rewind, gone=True):
                    yield losses

    def plot(self, *, log: bool = True) -> "LiveFigure":
        """The curves of all its runs in a notebook, as `Run.plot`."""
        transport = self._transport
        labels = {run_id: run_id[:8] for run_id in self.view.runs}
        return live_figure(labels, transport.address, transport.settings, log=log)
