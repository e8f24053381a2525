"""GET /api/relus/{name}/check: what an implementation does on this torch."""

import asyncio

from fastapi import APIRouter, Request

from ...errors import UnknownName
from ...training.checks import Check
from ...training.checks import check as measure
from ...training.relus import RELUS
from .runs import PROBLEM

router = APIRouter(tags=["relus"], responses=PROBLEM)


@router.get("/api/relus/{name}/check")
async def check(name: str, request: Request) -> Check:
    """Value and slope around 0, at NaN and at infinity, two gradient checks, and the time that it
    takes beside torch.relu, measured now. Checks follow each other, since two at once would time
    each other."""
    relu = RELUS.get(name)
    if relu is None:
        raise UnknownName("ReLU", name, RELUS)
    checking: asyncio.Lock = request.app.state.checking
    async with checking:  # here, not in the thread: those that wait take none from other requests
        return await asyncio.to_thread(measure, relu)
