"""The application, put together."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.types import ASGIApp

from .. import __version__
from ..runs.book import Book
from ..runs.keep import Keep
from ..runs.store import Store
from ..settings import Settings
from . import assets, problems
from .document import Documented, operation_id
from .guard import Guard
from .hub import Hub
from .idempotency import Answers
from .proxied import Proxied
from .roles import Roles
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

logger = logging.getLogger(__name__)


def _tell_failure(task: asyncio.Task[None]) -> None:
    """Without its hub the server would go on in silence, with pages that stand still."""
    if not task.cancelled() and task.exception():
        logger.critical("the live socket is dead", exc_info=task.exception())


class Application(Documented):
    """What is served. The guard stands around all of it, so that it sees the answers to errors that
    nobody foresaw, too."""

    def build_middleware_stack(self) -> ASGIApp:
        """All of it, as it is called for each request."""
        settings = self.state.settings
        guarded = Guard(super().build_middleware_stack(), settings, self.state.roles)
        # The guard must know who asks, and for which path.
        return Proxied(guarded, root_path=settings.root_path, trusted=settings.trust_proxy)


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

    app = Application(
        title="reluscope",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.settings = settings
    place = f"{settings.data} {settings.uds or settings.port} {settings.root_path}"
    app.state.roles = Roles(settings.token, settings.view_token, place)
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
        session,
        operations,
        documents,
    )
    for room in (*rooms, assets):
        app.include_router(room.router)
    app.state.page = assets.Page(assets.frontend_directory())
    app.frontend("/", directory=assets.frontend_directory(), fallback=None)
    return app
