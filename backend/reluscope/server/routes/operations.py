"""For whoever runs the server: is it alive, does it keep what it does, and how is it?"""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from ...errors import NotReady, StoreUnavailable
from ..problems import Problem
from .shared import TheBook

router = APIRouter(tags=["operations"])


class Ready(BaseModel):
    """That all is well; `store` is where runs are kept, null where that is in memory alone."""

    status: str
    store: str | None


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answers while the event loop runs."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"model": Problem}})
async def readyz(request: Request, book: TheBook) -> Ready:
    """Answers 200 while runs are kept as they should be. Where the store has a problem the answer is
    503 and says which; runs go on meanwhile, in memory, and are stored when it is back. So it is
    where nothing is sent on sockets any more, and while the server is being shut down."""
    state = request.app.state
    if state.leaving():
        raise NotReady("the server is being shut down")
    if dead := [task.get_name() for task in state.following if task.done()]:
        raise NotReady(
            f"it does not do all it should any more: the {dead[0]} is dead; start it anew"
        )
    store = book.store
    if store is not None and (problem := store.problem) is not None:
        raise StoreUnavailable(f"runs are kept in memory alone: {problem}")
    return Ready(status="ready", store=None if store is None else str(store))


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request) -> Response:
    """What Prometheus is told: in its text format, or as OpenMetrics where that is accepted."""
    content, media_type = request.app.state.metrics.render(request.headers.get("accept", ""))
    return Response(content, media_type=media_type)
