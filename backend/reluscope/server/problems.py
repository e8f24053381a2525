"""Errors into RFC 9457 problem documents: the one place."""

import json
import logging
import reprlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from ..errors import (
    NOTHING,
    BadArchive,
    FieldError,
    ForbiddenMove,
    InvalidFields,
    KeyReused,
    KeySpent,
    Limit,
    NoRoom,
    NoSource,
    NotInstalled,
    ReluscopeError,
    StoreDamaged,
    StoreUnavailable,
    UnknownName,
    UnknownRun,
    UnknownSweep,
)
from ..numbers import tell
from .fields import Places, methods_at, places_of

logger = logging.getLogger(__name__)

GIVEN_CHARACTERS = 200
"""How much of a wrong value an answer repeats."""

MAX_EXACT_INTEGER = 2**53

UNREADABLE = "JSON that cannot be read here: not UTF-8, numbers too long, or nested too deeply"

KINDS: dict[type[ReluscopeError], tuple[int, str, str]] = {
    InvalidFields: (422, "invalid-fields", "Some fields are wrong"),
    UnknownRun: (404, "unknown-run", "No such run"),
    UnknownSweep: (404, "unknown-sweep", "No such sweep"),
    UnknownName: (404, "unknown-name", "No such name"),
    ForbiddenMove: (409, "forbidden-move", "The run's state does not allow this"),
    NoRoom: (409, "no-room", "No room for another run now"),
    NoSource: (409, "no-source", "The run cannot be written as a script"),
    BadArchive: (422, "bad-archive", "The file does not hold runs, or not whole ones"),
    NotInstalled: (501, "not-installed", "This server has not what that needs"),
    StoreUnavailable: (503, "store-unavailable", "The store does not answer"),
    StoreDamaged: (500, "store-damaged", "What is stored of the run is damaged"),
    KeyReused: (422, "idempotency-key-reused", "The Idempotency-Key was used before"),
    KeySpent: (410, "idempotency-key-spent", "What the Idempotency-Key made is no more"),
}
"""Status, type and title of each error."""


class FieldProblem(BaseModel):
    """One wrong field. `given` is left out where nothing was given. `allowed` is the list of the
    values that may come, or an object with their type and bounds in the words of JSON Schema."""

    field: str
    message: str
    given: Any = None
    allowed: Any = None


class LimitProblem(BaseModel):
    """The limit that does not allow it: its name among the catalog's, and how much it allows."""

    name: str
    maximum: int


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = None
    limit: LimitProblem | None = None


class TooLarge(HTTPException):
    """A body is larger than it may be. Where FastAPI reads it, no other kind of error comes through."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(413, f"a body may have {limit_bytes} bytes here")
        self.limit = ("body_bytes", limit_bytes)


class ProblemResponse(JSONResponse):
    """An answer that is a problem document."""

    media_type = "application/problem+json"

    def render(self, content: object) -> bytes:
        """In ASCII: what was given may hold halves of surrogate pairs, which UTF-8 has not."""
        return json.dumps(content, allow_nan=False).encode("ascii")


def respond(
    status: int,
    kind: str,
    title: str,
    detail: str,
    errors: Sequence[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
    limit: Limit | None = None,
) -> ProblemResponse:
    """A problem document as an answer."""
    problem = {
        "type": f"urn:reluscope:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        **({} if errors is None else {"errors": [describe(error) for error in errors]}),
        **({} if limit is None else {"limit": {"name": limit[0], "maximum": limit[1]}}),
    }
    return ProblemResponse(problem, status, headers)


def refuse(
    error: HTTPException, detail: str | None = None, headers: Mapping[str, str] | None = None
) -> ProblemResponse:
    """What has no kind of its own, but its status."""
    status = error.status_code
    told = str(error.detail) if detail is None else detail
    limit = error.limit if isinstance(error, TooLarge) else None
    return respond(
        status,
        f"http-{status}",
        HTTPStatus(status).phrase,
        told,
        headers=headers or error.headers,
        limit=limit,
    )


def describe(error: FieldError) -> dict[str, object]:
    """A field error as JSON, as `FieldProblem` has it."""
    given = {} if error.given is NOTHING else {"given": _brief(error.given)}
    allowed = {} if error.allowed is None else {"allowed": error.allowed}
    return {"field": error.field, "message": error.message, **given, **allowed}


def _brief(given: object) -> object:
    """What was given, as JSON can hold it, shortened where it is long."""
    if given is None or isinstance(given, bool):
        return given
    if isinstance(given, float):
        return tell(given)
    if isinstance(given, int) and abs(given) <= MAX_EXACT_INTEGER:
        return given
    text = given if isinstance(given, str) else reprlib.repr(given)
    return text if len(text) <= GIVEN_CHARACTERS else text[:GIVEN_CHARACTERS] + "..."


def install(app: FastAPI) -> None:
    """Have `app` answer every error with a problem document."""

    @app.exception_handler(ReluscopeError)
    async def ours(_request: HTTPConnection, error: ReluscopeError) -> ProblemResponse:
        status, kind, title = KINDS[type(error)]
        errors = error.errors if isinstance(error, InvalidFields) else None
        limit = error.limit if isinstance(error, NoRoom) else None
        return respond(status, kind, title, str(error), errors, limit=limit)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> ProblemResponse:
        found = error.errors()
        if isinstance(error.body, bytes) and error.body:
            detail = "expected JSON, with Content-Type: application/json"
            return respond(415, "http-415", "Unsupported Media Type", detail)
        if found[0]["type"] == "json_invalid":
            detail = f"not JSON: {found[0]['ctx']['error']} at character {found[0]['loc'][1]}"
            return await ours(request, InvalidFields([FieldError("", detail)]))
        return await ours(request, InvalidFields(places_of(app, request).errors(found)))

    @app.exception_handler(WebSocketRequestValidationError)
    async def not_opened(socket: WebSocket, error: WebSocketRequestValidationError) -> None:
        errors = Places({}, {}, prefix=1).errors(error.errors())
        await socket.send_denial_response(await ours(socket, InvalidFields(errors)))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> ProblemResponse:
        status, detail, headers = error.status_code, str(error.detail), error.headers
        if status == HTTPStatus.BAD_REQUEST:
            detail = UNREADABLE
        elif status == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = ", ".join(methods_at(app, request))
            detail, headers = f"allowed here: {allowed}", {"Allow": allowed}
        return refuse(error, detail, headers)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> ProblemResponse:
        logger.error("%s %s", request.method, request.url.path, exc_info=error)
        return respond(500, "internal", "An error of the server's", "the server's log says more")
