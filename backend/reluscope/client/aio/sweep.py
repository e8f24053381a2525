"""AsyncSweep: many runs that were asked for at once, in an event loop."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Self

from ...blocks import Losses
from .. import calls, dataframes, waiting
from ..following import Following, losses_in
from ..handles import SweepValues
from ..likeness import like
from ..plotting.live import live_figure
from ..sync.sweep import Sweep
from ..values import Results, SweepView
from .run import AsyncRun
from .transport import Transport

if TYPE_CHECKING:
    import pandas as pd

    from ..plotting.figure import LiveFigure


@like(Sweep)
class AsyncSweep(SweepValues):
    """Many runs, made at once and steered together, as `Sweep`, the methods of which are awaited."""

    def __init__(self, transport: Transport, view: SweepView) -> None:
        super().__init__(view)
        self._transport = transport

    def _heard(self, view: SweepView) -> Self:
        self.view = view
        return self

    async def refresh(self) -> Self:
        return self._heard(await self._transport.do(calls.show_sweep(self.id)))

    async def wait(self, timeout: float | None = None) -> Self:  # noqa: ASYNC109 - as in Sweep
        return self._heard(await self._transport.do(waiting.sweep(self.id, timeout)))

    async def pause(self) -> Self:
        return self._heard(await self._transport.do(calls.sweep_verb(self.id, "pause")))

    async def resume(self) -> Self:
        return self._heard(await self._transport.do(calls.sweep_verb(self.id, "resume")))

    async def stop(self) -> Self:
        return self._heard(await self._transport.do(calls.sweep_verb(self.id, "stop")))

    async def delete(self) -> None:
        await self._transport.do(calls.delete_sweep(self.id))

    async def runs(self) -> list[AsyncRun]:
        views = await self._transport.do(calls.runs_of(self.id))
        return [AsyncRun(self._transport, view) for view in views]

    async def results(self) -> Results:
        return await self._transport.do(calls.results(self.id))

    async def to_pandas(self) -> "pd.DataFrame":
        return dataframes.of_results(await self.results())

    async def watch(self, start: int = 0, *, rewind: bool = False) -> AsyncGenerator[Losses, None]:
        cursors = dict.fromkeys(self.view.runs, start)
        async with aclosing(self._transport.follow(Following(cursors))) as updates:
            async for update in updates:
                if losses := losses_in(update, rewind=rewind, gone=True):
                    yield losses

    def plot(self, *, log: bool = True) -> "LiveFigure":
        transport = self._transport
        labels = {run_id: run_id[:8] for run_id in self.view.runs}
        return live_figure(labels, transport.address, transport.settings, log=log)
