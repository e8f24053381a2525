"""Run: one run of a server, to be steered and read."""

from collections.abc import Generator, Iterable
from contextlib import closing
from typing import TYPE_CHECKING, Self, Unpack

import numpy as np
from numpy.typing import NDArray

from ...blocks import Losses
from .. import calls, dataframes, waiting
from ..asked import Change, Fork
from ..following import Following, losses_in
from ..handles import RunValues, id_of, label
from ..plotting.live import live_figure
from ..values import (
    Comparison,
    Diagnostics,
    Event,
    Overview,
    RunView,
    Times,
)
from .transport import Transport

if TYPE_CHECKING:
    import pandas as pd

    from ..plotting.figure import LiveFigure


class Run(RunValues):
    """One run. `run.status`, `run.loss` and the like are as they were when it was last heard of;
    `refresh`, and whatever else asks the server, brings them up to date.

    >>> run = scope.create(relu="my_relu", update={"lr": 1e-6}, iterations=100)
    >>> run.wait().status
    'finished'
    >>> run.losses().shape
    (100,)
    """

    def __init__(self, transport: Transport, view: RunView) -> None:
        super().__init__(view)
        self._transport = transport

    def _heard(self, view: RunView) -> Self:
        self.view = view
        return self

    def _made(self, view: RunView) -> "Run":
        return Run(self._transport, view)

    # --- steering it

    def refresh(self) -> Self:
        """Ask how it is now; this same run, brought up to date. Raises NotFound once it is deleted.

        >>> run.refresh().iteration
        100
        """
        return self._heard(self._transport.do(calls.show(self.id)))

    def wait(
        self,
        timeout: float | None = None,
        *,
        until: str | Iterable[str] | None = None,
        check: bool = False,
    ) -> Self:
        """Wait until it has ended, or until it is in a state, as `until="paused"`; the run itself.

        `timeout` is in seconds; TimedOut is raised after that. How it ended is told by `status`;
        with `check`, RunFailed is raised where it has diverged or failed. One that is paused is
        waited for until somebody lets it go on, and so is one that is interrupted.

        >>> run.wait(timeout=60, check=True).status
        'finished'
        """
        plan = waiting.run(self.id, timeout, waiting.statuses(until), check=check)
        return self._heard(self._transport.do(plan))

    def pause(self) -> Self:
        """Pause it. It does not move once this returns with the status `paused`; an iteration that
        takes seconds ends first, and then `wait(until="paused")` waits for that.

        Raises Conflict where it has ended."""
        return self._heard(self._transport.do(calls.verb(self.id, "pause")))

    def resume(self) -> Self:
        """Let it go on, from a pause, or from its last checkpoint after its server ended."""
        return self._heard(self._transport.do(calls.verb(self.id, "resume")))

    def stop(self) -> Self:
        """End it for good; its losses stay."""
        return self._heard(self._transport.do(calls.verb(self.id, "stop")))

    def step(self, iterations: int = 1) -> Self:
        """Have it train exactly so many iterations more and pause: `wait(until="paused")` waits for
        that."""
        return self._heard(self._transport.do(calls.step(self.id, iterations)))

    def change(self, **changes: Unpack[Change]) -> Self:
        """Change `name`, `tags`, `pinned`, `pace` (iterations per second; None for full speed) or
        hyperparameters (`update`) between two iterations. What is left out stays.

        >>> run.change(name="the first", tags=["mine"]).name
        'the first'
        """
        return self._heard(self._transport.do(calls.change(self.id, changes)))

    def delete(self) -> None:
        """Forget it and its losses, whatever it is doing."""
        self._transport.do(calls.delete(self.id))

    def fork(
        self, at: int | None = None, *, count: int = 1, **changes: Unpack[Fork]
    ) -> "list[Run]":
        """Make `count` runs that share its past up to iteration `at` (left out: up to now) and go on
        with another learning rate, rule or ReLU.

        >>> (other,) = run.fork(50, update={"lr": 5e-7})
        >>> bool((other.wait().losses(stop=50) == run.losses(stop=50)).all())
        True
        """
        return [self._made(v) for v in self._transport.do(calls.fork(self.id, at, count, changes))]

    def replay(self) -> "Run":
        """Train it anew from its start, with what was changed by hand where it was: the same curve."""
        return self._made(self._transport.do(calls.replay(self.id)))

    # --- reading it

    def losses(self, start: int = 0, stop: int | None = None) -> NDArray[np.float64]:
        """The losses of iterations `start` to `stop`, as many of them as are there: a float64 array
        of shape (losses,). NaN and infinities are what they are.

        >>> run.losses(10, 20).shape
        (10,)
        """
        return self._transport.do(calls.losses(self.id, start, stop))

    def overview(
        self,
        points: int = 2000,
        start: int = 0,
        stop: int | None = None,
        *,
        smoothing: float = 0.0,
    ) -> Overview:
        """Its curve, however long, in about so many points: the least and the largest of each
        bucket. `smoothing` (0 to 1) makes it of the moving average, the past of which has that
        weight.

        >>> run.overview(points=20).iterations.shape <= (42,)
        True
        """
        return self._transport.do(calls.overview(self.id, points, start, stop, smoothing))

    def diagnostics(self, start: int = 0, stop: int | None = None) -> Diagnostics:
        """What was measured beside the loss at iterations `start` to `stop`: each channel as a
        float64 array of shape (rows,), and the iterations, int64, beside them.

        >>> run.diagnostics()["dead"].dtype
        dtype('float64')
        """
        return self._transport.do(calls.diagnostics(self.id, start, stop))

    def events(self) -> list[Event]:
        """What happened to it, in order.

        >>> [event.kind for event in run.events()][-1]
        'finished'
        """
        return self._transport.do(calls.events(self.id))

    def times(self, start: int = 0, stop: int | None = None) -> Times:
        """When iterations `start` to `stop` were done, about each 10 ms, in Unix seconds."""
        return self._transport.do(calls.times(self.id, start, stop))

    def script(self) -> str:
        """It as one plain PyTorch script that prints the same losses.

        >>> "import torch" in run.script()
        True
        """
        return self._transport.do(calls.script(self.id))

    def compare(self, other: "Run | str") -> Comparison:
        """Where its losses and those of another part, by how much at most, and why.

        >>> run.compare(run.replay().wait()).equal
        True
        """
        return self._transport.do(calls.compare(self.id, id_of(other)))

    def to_pandas(
        self, start: int = 0, stop: int | None = None, *, diagnostics: bool = False
    ) -> "pd.DataFrame":
        """Its losses as a DataFrame by `iteration`, with `diagnostics` a column for each channel,
        too, NaN at iterations where nothing was measured. Raises NotInstalled without pandas.

        >>> list(run.to_pandas().columns)
        ['loss']
        """
        losses = self.losses(start, stop)
        measured = self.diagnostics(start, start + len(losses)) if diagnostics else None
        return dataframes.of_run(start, losses, measured)

    # --- as it trains

    def stream(
        self, start: int = 0, *, rewind: bool = False
    ) -> Generator[tuple[int, float], None, None]:
        """Each iteration from `start` on with its loss, as they come, until the run ends: every one
        once and in order, though the connection or the server be lost meanwhile.

        Raises Gone where the run is deleted, and Rewound where after a crash of the server what
        came is not all true any more, or where the run has ended before `start`; with `rewind`,
        iterations then go back by themselves.

        >>> for iteration, loss in run.stream(start=98):
        ...     print(iteration, loss < 1e9)
        98 True
        99 True
        """
        with closing(self.stream_blocks(start, rewind=rewind)) as blocks:
            for block in blocks:
                yield from enumerate(block.losses.tolist(), block.first)

    def stream_blocks(
        self, start: int = 0, *, rewind: bool = False
    ) -> Generator[Losses, None, None]:
        """The same, as blocks of as many losses as have come: `block.losses`, a float64 array of
        shape (count,), are those of iterations `block.first` to `block.stop`.

        >>> sum(len(block.losses) for block in run.stream_blocks())
        100
        """
        with closing(self._transport.follow(Following({self.id: start}))) as updates:
            for update in updates:
                if isinstance(update, RunView):
                    self.view = update
                elif losses := losses_in(update, rewind=rewind):
                    yield losses

    def plot(self, *, log: bool = True) -> "LiveFigure":
        """Its curve in a notebook, as a Plotly FigureWidget that grows as losses come, thinned so that
        a million stay quick. `log` is of the losses' axis. It goes on, by a connection of its own,
        until the run ends, or `figure.stop()`. Raises NotInstalled without `reluscope[jupyter]`.

        >>> figure = run.plot()
        >>> figure.wait(30)
        >>> len(figure.data[0].x)
        100
        """
        transport = self._transport
        labels = {self.id: label(self.view)}
        return live_figure(labels, transport.address, transport.settings, log=log)
