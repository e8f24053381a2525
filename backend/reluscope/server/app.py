"""The application, put together."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from .. import __version__
from ..runs.book import Book
from ..runs.keep import Keep
from ..runs.memory import Memory
from ..runs.store import Store
from ..settings import Settings
from . import assets, problems
from .description.document import Documented, operation_id
from .door.guard import Guard
from .door.proxied import Proxied
from .door.roles import Roles
from .fields import check_once
from .idempotency import Answers
from .operations.access import Access
from .operations.journal import Journal
from .operations.metrics import Metrics
from .operations.webhooks import Webhooks
from .routes import (
    archive,
    catalog,
    compare,
    diagnostics,
    documents,
    events,
    live,
    losses,
    operations,
    relus,
    runs,
    script,
    session,
    sweeps,
    times,
)
from .routes.shared import AT_ONCE
from .scratch import Scratch
from .socket.hub import Hub

logger = logging.getLogger(__name__)

GIVE_BACK_S = 5.0
"""How often it is looked whether runs have let go of much memory."""


@contextlib.asynccontextmanager
async def _following(
    **work: Coroutine[None, None, None],
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """While inside, this is done for ever. Where one ends all the same, the server would go on in
    silence, with pages that stand still: that is logged, and told by `/readyz`."""
    tasks = [asyncio.create_task(each, name=name) for name, each in work.items()]
    for task in tasks:
        task.add_done_callback(_tell_failure)
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()


def _tell_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception():
        logger.critical("the %s is dead", task.get_name(), exc_info=task.exception())


class Application(Documented):
    """What is served. The guard stands around all of it, so that it sees the answers to errors that
    nobody foresaw, too; and around the guard whoever tells of each request."""

    def build_middleware_stack(self) -> ASGIApp:
        """All of it, as it is called for each request."""
        settings = self.state.settings
        guarded = Guard(super().build_middleware_stack(), settings, self.state.roles)
        told = Access(guarded, self.state.metrics)
        # Both must know who asks, and for which path.
        return Proxied(told, root_path=settings.root_path, trusted=settings.trust_proxy)


async def _give_back(memory: Memory) -> None:
    while True:
        await asyncio.sleep(GIVE_BACK_S)
        await asyncio.to_thread(memory.give_back)


def create_app(settings: Settings, store: Store | None = None) -> FastAPI:
    """The whole server, REST, socket and page. Its workers live as long as its lifespan; `store` is
    open by then, and is closed with them."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.book = await asyncio.to_thread(
            Book,
            cpu_workers=settings.workers,
            memory_bytes=settings.memory,
            max_live=settings.max_live,
            max_runs=settings.max_runs,
            store=store,
            resume=settings.resume == "auto",
            keep=settings.keep and Keep(*settings.keep),
        )
        app.state.answers = Answers()
        app.state.checking = asyncio.Lock()
        app.state.importing = asyncio.Lock()
        app.state.scratch = Scratch()
        app.state.large = asyncio.Semaphore(AT_ONCE)
        book, metrics = app.state.book, app.state.metrics
        app.state.hub = Hub(book)
        webhooks = Webhooks(settings.webhook, settings.webhook_secret, metrics)
        metrics.follow(book, app.state.hub, lambda: webhooks.waiting)
        journal = Journal(book, webhooks.tell)
        async with (
            webhooks.open(),
            _following(
                hub=app.state.hub.run(),
                journal=journal.run(),
                clock=metrics.measure_lag(),
                memory=_give_back(book.memory),
            ) as app.state.following,
        ):
            try:
                yield
            finally:
                app.state.leaving = lambda: True
                app.state.workers_stopped = await asyncio.to_thread(book.close)

    app = Application(
        title="reluscope",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
        dependencies=[Depends(check_once)],
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.settings = settings
    place = f"{settings.data} {settings.uds or settings.port} {settings.root_path}"
    app.state.roles = Roles(settings.token, settings.view_token, place)
    app.state.workers_stopped = True
    app.state.metrics = Metrics()
    app.state.leaving = lambda: False
    problems.install(app)
    rooms = (
        catalog,
        relus,
        runs,
        sweeps,
        losses,
        diagnostics,
        times,
        events,
        script,
        compare,
        archive,
        live,
        session,
        operations,
        documents,
    )
    for room in (assets, *rooms):  # first what a class that opens the page asks for 150 times each
        app.include_router(room.router)
    app.state.page = assets.Page(assets.frontend_directory())
    app.frontend("/", directory=assets.frontend_directory(), fallback=None)
    return app
