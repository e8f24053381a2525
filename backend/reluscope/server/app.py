"""The application, put together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from .. import __version__
from ..runs.book import Book
from ..settings import LOOPBACK, Settings
from . import assets, problems
from .guard import Guard
from .idempotency import Answers
from .live import Hub
from .routes import catalog, live, losses, operations, runs


def create_app(settings: Settings) -> FastAPI:
    """The whole server, REST, socket and page. Its workers live as long as its lifespan."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.book = Book(
            cpu_workers=settings.workers,
            memory_bytes=settings.memory,
            max_live=settings.max_live,
            max_runs=settings.max_runs,
        )
        app.state.answers = Answers()
        app.state.hub = Hub(app.state.book)
        following = asyncio.create_task(app.state.hub.run())
        try:
            yield
        finally:
            following.cancel()
            await asyncio.to_thread(app.state.book.close)

    app = FastAPI(
        title="reluscope",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.settings = settings
    problems.install(app)
    for room in (catalog, runs, losses, live, operations, assets):
        app.include_router(room.router)
    app.frontend("/", directory=assets.frontend_directory(), fallback=None)
    app.add_middleware(Guard, hosts=(*LOOPBACK, *settings.allow_host))
    return app
