"""The application, put together."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from fastapi import FastAPI

from .. import __version__
from ..runs.book import Book
from ..runs.keep import Keep
from ..runs.store import Store
from ..settings import LOOPBACK, Settings
from . import assets, problems
from .document import Documented
from .guard import Guard
from .hub import Hub
from .idempotency import Answers
from .proxied import Proxied
from .routes import (
    archive,
    catalog,
    compare,
    diagnostics,
    events,
    live,
    losses,
    operations,
    relus,
    runs,
    script,
    sweeps,
    times,
)

logger = logging.getLogger(__name__)


def _tell_failure(task: asyncio.Task[None]) -> None:
    """Without its hub the server would go on in silence, with pages that stand still."""
    if not task.cancelled() and task.exception():
        logger.critical("the live socket is dead", exc_info=task.exception())


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
        app.state.hub = Hub(app.state.book)
        following = asyncio.create_task(app.state.hub.run())
        following.add_done_callback(_tell_failure)
        try:
            yield
        finally:
            following.cancel()
            app.state.workers_stopped = await asyncio.to_thread(app.state.book.close)

    app = Documented(
        title="reluscope",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.settings = settings
    app.state.workers_stopped = True
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
        operations,
    )
    for room in (*rooms, assets):
        app.include_router(room.router)
    app.state.page = assets.Page(assets.frontend_directory())
    app.frontend("/", directory=assets.frontend_directory(), fallback=None)
    app.add_middleware(
        Guard, hosts=(*LOOPBACK, *settings.allow_host), embed_origins=settings.embed_origin
    )
    # The last that is added comes first: the guard must know who asks, and for which path.
    app.add_middleware(Proxied, root_path=settings.root_path, trusted=settings.trust_proxy)
    return app
