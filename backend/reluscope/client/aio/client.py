"""AsyncClient: a server, as a script with an event loop sees it."""

import os
import ssl
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack

from ...blocks import Losses
from .. import calls
from ..address import Address
from ..asked import Filters, Random, Spec
from ..asking import Deadline
from ..following import Following, Update, losses_in
from ..handles import Runs, id_of
from ..likeness import like
from ..offers import (
    Catalog,
    Check,
    Ready,
    ReluCurve,
    Session,
)
from ..plotting.live import live_figure
from ..rim import Settings
from ..sync.client import Client
from ..values import Comparison, RunView, SweepView
from ..watched import Watched
from .run import AsyncRun
from .sweep import AsyncSweep
from .transport import Transport

if TYPE_CHECKING:
    from ..plotting.figure import LiveFigure


@like(Client)
class AsyncClient:
    """A reluscope server, as `Client`, the methods of which are awaited.

    >>> async with AsyncClient() as scope:  # doctest: +SKIP
    ...     run = await scope.create(relu="my_relu", update={"lr": 1e-6})
    ...     await run.wait()
    ...     losses = await run.losses()
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int = 3,
        patience: float | None = 120.0,
        context: ssl.SSLContext | None = None,
        uds: str | os.PathLike[str] | None = None,
    ) -> None:
        self._transport = Transport(
            Address.find(url, token, uds), Settings(timeout, retries, patience, context)
        )

    @property
    def url(self) -> str:
        """Where the server is; a browser finds the page there."""
        return self._transport.address.url

    async def close(self) -> None:
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._transport.address.place}>"

    def _run(self, view: RunView) -> AsyncRun:
        return AsyncRun(self._transport, view)

    # --- runs

    async def create(
        self,
        spec: Mapping[str, Any] | None = None,
        /,
        *,
        key: str | None = None,
        **fields: Unpack[Spec],
    ) -> AsyncRun:
        return self._run(await self._transport.do(calls.create({**(spec or {}), **fields}, key)))

    async def run(self, id: str) -> AsyncRun:
        return self._run(await self._transport.do(calls.show(id)))

    async def runs(self, **filters: Unpack[Filters]) -> AsyncGenerator[AsyncRun, None]:
        after: str | None = None
        while True:
            page = await self._transport.do(calls.page(filters, after))
            for view in page.runs:
                yield self._run(view)
            if (after := page.next) is None:
                return

    async def wait(
        self,
        runs: Iterable[AsyncRun],
        timeout: float | None = None,  # noqa: ASYNC109 - as where it is waited for
        *,
        check: bool = False,
    ) -> list[AsyncRun]:
        left = Deadline(timeout)
        return [await run.wait(left.seconds, check=check) for run in runs]

    async def watch(
        self,
        runs: Runs,
        start: int | Mapping[str, int] = 0,
        *,
        rewind: bool = False,
    ) -> AsyncGenerator[Losses, None]:
        async with aclosing(self.updates(runs, start)) as updates:
            async for update in updates:
                if losses := losses_in(update, rewind=rewind, gone=True):
                    yield losses

    async def updates(
        self,
        runs: Runs,
        start: int | Mapping[str, int] = 0,
        *,
        channels: Iterable[str] = (),
    ) -> AsyncGenerator[Update, None]:
        watched, wanted = Watched(runs), list(channels)
        names = (await self.catalog()).channel_names if wanted else {}
        following = Following(watched.cursors(start), wanted, names)
        async with aclosing(self._transport.follow(following)) as updates:
            async for update in updates:
                watched.note(update)
                yield update

    async def compare(
        self,
        a: AsyncRun | str,
        b: AsyncRun | str,
        *,
        points: int | None = None,
        start: int = 0,
        stop: int | None = None,
    ) -> Comparison:
        plan = calls.compare(id_of(a), id_of(b), points, start, stop)
        return await self._transport.do(plan)

    def plot(self, runs: Runs, *, log: bool = True) -> "LiveFigure":
        labels = Watched(runs).labels
        transport = self._transport
        return live_figure(labels, transport.address, transport.settings, log=log)

    # --- sweeps

    async def create_sweep(
        self,
        *,
        grid: Mapping[str, Any] | None = None,
        random: Random | None = None,
        list: Sequence[Mapping[str, Any]] | None = None,
        key: str | None = None,
        **base: Unpack[Spec],
    ) -> AsyncSweep:
        ways = {"grid": grid, "random": random, "list": list}
        return self._sweep(await self._transport.do(calls.create_sweep(base, ways, key)))

    async def sweep(self, id: str) -> AsyncSweep:
        return self._sweep(await self._transport.do(calls.show_sweep(id)))

    async def sweeps(self) -> AsyncGenerator[AsyncSweep, None]:
        after: str | None = None
        while True:
            page = await self._transport.do(calls.sweep_page(after))
            for view in page.sweeps:
                yield self._sweep(view)
            if (after := page.next) is None:
                return

    def _sweep(self, view: SweepView) -> AsyncSweep:
        return AsyncSweep(self._transport, view)

    # --- the server

    async def catalog(self) -> Catalog:
        return await self._transport.do(calls.catalog())

    async def check(self, relu: str) -> Check:
        return await self._transport.do(calls.check(relu))

    async def curve(self, relu: str) -> ReluCurve:
        return await self._transport.do(calls.curve(relu))

    async def session(self) -> Session:
        return await self._transport.do(calls.session())

    async def ready(self) -> Ready:
        return await self._transport.do(calls.ready())

    async def export(
        self,
        runs: Runs,
        to: str | os.PathLike[str],
        *,
        format: Literal["archive", "tensorboard"] = "archive",
    ) -> Path:
        return await self._transport.do(calls.export(runs, Path(to), format))

    async def import_runs(self, file: str | os.PathLike[str]) -> list[AsyncRun]:
        views = await self._transport.do(calls.import_runs(Path(file)))
        return [self._run(view) for view in views]
