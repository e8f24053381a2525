"""AsyncRun: one run of a server, to be steered and read in an event loop."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, Self, Unpack

import numpy as np
from numpy.typing import NDArray

from ...blocks import Losses
from .. import calls, dataframes, waiting
from ..asked import Change, Fork
from ..following import Following, losses_in
from ..handles import RunValues, id_of, label
from ..likeness import like
from ..plotting.live import live_figure
from ..sync.run import Run
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


@like(Run)
class AsyncRun(RunValues):
    """One run, as `Run`, the methods of which are awaited.

    >>> run = await scope.create(relu="my_relu", update={"lr": 1e-6})  # doctest: +SKIP
    >>> async for iteration, loss in run.stream():  # doctest: +SKIP
    ...     print(iteration, loss)
    """

    def __init__(self, transport: Transport, view: RunView) -> None:
        super().__init__(view)
        self._transport = transport

    def _heard(self, view: RunView) -> Self:
        self.view = view
        return self

    def _made(self, view: RunView) -> "AsyncRun":
        return AsyncRun(self._transport, view)

    # --- steering it

    async def refresh(self) -> Self:
        return self._heard(await self._transport.do(calls.show(self.id)))

    async def wait(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - as where it is waited for
        *,
        until: str | Iterable[str] | None = None,
        check: bool = False,
    ) -> Self:
        plan = waiting.run(self.id, timeout, waiting.statuses(until), check=check)
        return self._heard(await self._transport.do(plan))

    async def pause(self) -> Self:
        return self._heard(await self._transport.do(calls.verb(self.id, "pause")))

    async def resume(self) -> Self:
        return self._heard(await self._transport.do(calls.verb(self.id, "resume")))

    async def stop(self) -> Self:
        return self._heard(await self._transport.do(calls.verb(self.id, "stop")))

    async def step(self, iterations: int = 1) -> Self:
        return self._heard(await self._transport.do(calls.step(self.id, iterations)))

    async def change(self, **changes: Unpack[Change]) -> Self:
        return self._heard(await self._transport.do(calls.change(self.id, changes)))

    async def delete(self) -> None:
        await self._transport.do(calls.delete(self.id))

    async def fork(
        self, at: int | None = None, *, count: int = 1, **changes: Unpack[Fork]
    ) -> "list[AsyncRun]":
        views = await self._transport.do(calls.fork(self.id, at, count, changes))
        return [self._made(view) for view in views]

    async def replay(self) -> "AsyncRun":
        return self._made(await self._transport.do(calls.replay(self.id)))

    # --- reading it

    async def losses(self, start: int = 0, stop: int | None = None) -> NDArray[np.float64]:
        return await self._transport.do(calls.losses(self.id, start, stop))

    async def overview(
        self,
        points: int = 2000,
        start: int = 0,
        stop: int | None = None,
        *,
        smoothing: float = 0.0,
    ) -> Overview:
        plan = calls.overview(self.id, points, start, stop, smoothing)
        return await self._transport.do(plan)

    async def diagnostics(self, start: int = 0, stop: int | None = None) -> Diagnostics:
        return await self._transport.do(calls.diagnostics(self.id, start, stop))

    async def events(self) -> list[Event]:
        return await self._transport.do(calls.events(self.id))

    async def times(self, start: int = 0, stop: int | None = None) -> Times:
        return await self._transport.do(calls.times(self.id, start, stop))

    async def script(self) -> str:
        return await self._transport.do(calls.script(self.id))

    async def compare(self, other: "AsyncRun | str") -> Comparison:
        return await self._transport.do(calls.compare(self.id, id_of(other)))

    async def to_pandas(
        self, start: int = 0, stop: int | None = None, *, diagnostics: bool = False
    ) -> "pd.DataFrame":
        losses = await self.losses(start, stop)
        measured = await self.diagnostics(start, start + len(losses)) if diagnostics else None
        return dataframes.of_run(start, losses, measured)

    # --- as it trains

    async def stream(
        self, start: int = 0, *, rewind: bool = False
    ) -> AsyncGenerator[tuple[int, float], None]:
        async with aclosing(self.stream_blocks(start, rewind=rewind)) as blocks:
            async for block in blocks:
                for numbered in enumerate(block.losses.tolist(), block.first):
                    yield numbered

    async def stream_blocks(
        self, start: int = 0, *, rewind: bool = False
    ) -> AsyncGenerator[Losses, None]:
        async with aclosing(self._transport.follow(Following({self.id: start}))) as updates:
            async for update in updates:
                if isinstance(update, RunView):
                    self.view = update
                elif losses := losses_in(update, rewind=rewind):
                    yield losses

    def plot(self, *, log: bool = True) -> "LiveFigure":
        transport = self._transport
        labels = {self.id: label(self.view)}
        return live_figure(labels, transport.address, transport.settings, log=log)
