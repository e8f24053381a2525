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
    NoRoom,
    NoSource,
    NotInstalled,
    NotReady,
    ReluscopeError,
    StoreDamaged,
    StoreUnavailable,
    UnknownName,
    UnknownRun,
)
from ..logs import request_id
from ..numbers import tell
from .fields import Places, methods_at, places_of

logger = logging.getLogger(__name__)

INSTANCE = "urn:reluscope:request"

GIVEN_CHARACTERS = 200
"""How much of a wrong value an answer repeats."""

MAX_EXACT_INTEGER = 2**53

UNREADABLE = "JSON that cannot be read here: not UTF-8, numbers too long, or nested too deeply"

KINDS: dict[type[ReluscopeError], tuple[int, str, str]] = {
    InvalidFields: (422, "invalid-fields", "Some fields are wrong"),
    UnknownRun: (404, "unknown-run", "No such run"),
    UnknownName: (404, "unknown-name", "No such name"),
    ForbiddenMove: (409, "forbidden-move", "The run's state does not allow this"),
    NoRoom: (409, "no-room", "No room for another run now"),
    NoSource: (409, "no-source", "The run cannot be written as a script"),
    BadArchive: (422, "bad-archive", "The file does not hold runs, or not whole ones"),
    NotInstalled: (501, "not-installed", "This server has not what that needs"),
    NotReady: (503, "not-ready", "The server is not ready"),
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


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    """Which request it was, as its X-Request-ID and the server's log call it."""
    errors: list[FieldProblem] | None = None


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
) -> ProblemResponse:
    """A problem document as an answer."""
    problem = {
        "type": f"urn:reluscope:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        **({} if (known := request_id.get()) is None else {"instance": f"{INSTANCE}:{known}"}),
        **({} if errors is None else {"errors": [describe(error) for error in errors]}),
    }
    return ProblemResponse(problem, status, headers)


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
        return respond(status, kind, title, str(error), errors)

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
        title = HTTPStatus(status).phrase
        return respond(status, f"http-{status}", title, detail, headers=headers)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> ProblemResponse:
        logger.error("%s %s", request.method, request.url.path, exc_info=error)
        return respond(500, "internal", "An error of the server's", "the server's log says more")
