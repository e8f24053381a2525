"""/api/relus/{name}: what an implementation does on this torch."""

import asyncio

from fastapi import APIRouter, Request

from ...errors import UnknownName
from ...training.checks import Check, Curve
from ...training.checks import check as measure
from ...training.checks import curve as measure_curve
from ...training.relus import RELUS, Relu
from ..description.document import refusals

router = APIRouter(tags=["relus"], responses=refusals(UnknownName))


@router.get("/api/relus/{name}/check")
async def check(name: str, request: Request) -> Check:
    """Value and slope around 0, at NaN and at infinity, two gradient checks, and the time that it
    takes beside torch.relu, measured now. Checks follow each other, since two at once would time
    each other."""
    relu = _known(name)
    checking: asyncio.Lock = request.app.state.checking
    async with checking:  # here, not in the thread: those that wait take none from other requests
        return await asyncio.to_thread(measure, relu)


@router.get("/api/relus/{name}/curve")
async def curve(name: str) -> Curve:
    """Value and slope over h from -2 to 2, as a plot has them: measured by autograd in float32, once
    for as long as the server runs."""
    return await asyncio.to_thread(measure_curve, _known(name))


def _known(name: str) -> Relu:
    """Raises UnknownName."""
    relu = RELUS.get(name)
    if relu is None:
        raise UnknownName("ReLU", name, RELUS)
    return relu
