"""For whoever runs the server: is it alive, does it keep what it does, and how is it?"""

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from ...errors import NotReady, StoreUnavailable
from ..description.document import refusals
from .shared import TheBook

router = APIRouter(tags=["operations"])


METRICS = ("text/plain", "application/openmetrics-text")


class Health(BaseModel):
    """That the server is there."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """That all is well; `store` is where runs are kept, null where that is in memory alone."""

    status: Literal["ready"] = "ready"
    store: str | None


@router.get("/healthz")
async def healthz() -> Health:
    """Answers while the event loop runs."""
    return Health()


@router.get("/readyz", responses=refusals(NotReady, StoreUnavailable))
async def readyz(request: Request, book: TheBook) -> Ready:
    """Answers 200 while runs are kept as they should be. Where the store has a problem the answer is
    503 and says which; runs go on meanwhile, in memory, and are stored when it is back. So it is
    where nothing is sent on sockets any more, and while the server is being shut down. Whoever has
    no token where one is needed is told neither where the store is nor what is wrong with it."""
    state = request.app.state
    if state.leaving():
        raise NotReady("the server is being shut down")
    if dead := [task.get_name() for task in state.following if task.done()]:
        raise NotReady(f"the {dead[0]} is dead; the server does no more all that it should")
    store, is_known = book.store, request.state.role is not None
    if store is not None and (problem := store.problem) is not None:
        why = f": {problem}" if is_known else ""
        raise StoreUnavailable(f"runs are kept in memory alone{why}")
    return Ready(store=str(store) if store is not None and is_known else None)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {name: {"schema": {"type": "string"}} for name in METRICS}}},
)
async def metrics(request: Request) -> Response:
    """What Prometheus is told: in its text format, or as OpenMetrics where that is accepted."""
    content, media_type = request.app.state.metrics.render(request.headers.get("accept", ""))
    return Response(content, media_type=media_type)
