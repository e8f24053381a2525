"""For whoever runs the server: is it alive, and does it keep what it does?"""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from ...errors import StoreUnavailable
from ..document import refusals
from .shared import TheBook

router = APIRouter(tags=["operations"])


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


@router.get("/readyz", responses=refusals(StoreUnavailable))
async def readyz(request: Request, book: TheBook) -> Ready:
    """Answers 200 while runs are kept as they should be. Where the store has a problem the answer is
    503 and says which; runs go on meanwhile, in memory, and are stored when it is back. Whoever has
    no token where one is needed is told neither where the store is nor what is wrong with it."""
    store, is_known = book.store, request.state.role is not None
    if store is not None and (problem := store.problem) is not None:
        why = f": {problem}" if is_known else ""
        raise StoreUnavailable(f"runs are kept in memory alone{why}")
    return Ready(store=str(store) if store is not None and is_known else None)
