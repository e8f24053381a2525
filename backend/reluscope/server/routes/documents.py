"""GET /api/asyncapi.json: the socket, described. The rest is in /api/openapi.json, which is FastAPI's."""

from typing import Any

from fastapi import APIRouter, Request

from ..description.asyncapi import document
from ..door.roles import Roles

router = APIRouter(include_in_schema=False)


@router.api_route("/api/asyncapi.json", methods=["GET", "HEAD"])
async def asyncapi(request: Request) -> dict[str, Any]:
    """The messages of the live socket, as AsyncAPI has them."""
    roles: Roles = request.app.state.roles
    scheme = "wss" if request.url.scheme == "https" else "ws"
    root_path = request.scope.get("root_path", "")
    host = request.headers["host"]
    return document(host, scheme, root_path, needs_token=roles.are_needed)
