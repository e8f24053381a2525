"""/api/session: who is asking, and a token that is shown once by a browser."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from ..door.hosts import scheme_of
from ..door.roles import Role, Roles

router = APIRouter(prefix="/api/session", tags=["session"])


class Session(BaseModel):
    """Who is asking."""

    role: Role | None
    """What they may do: an owner everything, a viewer look; null where a token has to be shown."""
    needs_token: bool
    """Whether this server has tokens."""


@router.get("")
async def show(request: Request) -> Session:
    """Who is asking, as the server sees it."""
    roles: Roles = request.app.state.roles
    return Session(role=request.state.role, needs_token=roles.are_needed)


@router.post("")
async def begin(request: Request, response: Response) -> Session:
    """Show a token once, and be given a cookie that stands for it until the browser ends. It is shown
    as `Authorization: Bearer <token>`. Where no token is needed, nothing happens."""
    roles: Roles = request.app.state.roles
    role: Role | None = request.state.role
    if roles.are_needed and role is not None:
        response.set_cookie(
            roles.cookie_name,
            roles.cookie_of(role),
            path=f"{request.scope.get('root_path', '')}/",
            secure=scheme_of(request.scope) == "https",
            httponly=True,
            samesite="strict",
        )
    return Session(role=role, needs_token=roles.are_needed)


@router.delete("", status_code=204, response_class=Response)
async def end(request: Request, response: Response) -> None:
    """Forget the cookie."""
    roles: Roles = request.app.state.roles
    response.delete_cookie(roles.cookie_name, path=f"{request.scope.get('root_path', '')}/")
