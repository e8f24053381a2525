"""/api/live: the socket's door."""

from typing import Annotated

from fastapi import APIRouter, Query, WebSocket

from ..socket.frames import Encoding, Listed
from ..socket.live import Viewer

router = APIRouter()


@router.websocket("/api/live")
async def live(
    socket: WebSocket,
    encoding: Annotated[Encoding, Query()] = "binary",
    listed: Annotated[Listed, Query(alias="list")] = "all",
) -> None:
    """One socket for all runs; `encoding=json` gives values as text, and with `list=watched` it tells
    of no runs but those that are watched."""
    may_present = socket.state.role == "owner"
    await Viewer(socket, socket.app.state.hub, encoding, listed, may_present=may_present).serve()
