"""Errors into RFC 9457 problem documents: the one place."""

import json
import logging
import reprlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from ..errors import (
    NOTHING,
    BadArchive,
    Busy,
    FieldError,
    ForbiddenMove,
    InvalidFields,
    KeyReused,
    KeySpent,
    Limit,
    NoRoom,
    NoSource,
    NotInstalled,
    NotReady,
    ReluscopeError,
    StoreDamaged,
    StoreUnavailable,
    UnknownName,
    UnknownRun,
    UnknownSweep,
)
from ..logs import request_id
from ..numbers import tell
from .fields import Places, methods_at, places_of

logger = logging.getLogger(__name__)

GIVEN_CHARACTERS = 200
"""How much of a wrong value an answer repeats."""

MAX_EXACT_INTEGER = 2**53

UNREADABLE = "JSON that cannot be read here: not UTF-8, numbers too long, or nested too deeply"

TYPE = "urn:reluscope:problem:"
"""What every problem's `type` begins with; its kind follows."""


REQUEST = "urn:reluscope:request:"
"""What every problem's `instance` begins with; the request's id follows."""


class Kind(NamedTuple):
    """One kind of problem: the status that it comes with, the end of its `type`, and its title."""

    status: int
    name: str
    title: str


KINDS: dict[type[ReluscopeError], Kind] = {
    InvalidFields: Kind(422, "invalid-fields", "Some fields are wrong"),
    UnknownRun: Kind(404, "unknown-run", "No such run"),
    UnknownSweep: Kind(404, "unknown-sweep", "No such sweep"),
    UnknownName: Kind(404, "unknown-name", "No such name"),
    ForbiddenMove: Kind(409, "forbidden-move", "The run's state does not allow this"),
    NoRoom: Kind(409, "no-room", "No room for another run now"),
    Busy: Kind(503, "busy", "Too much is being done at once"),
    NoSource: Kind(409, "no-source", "The run cannot be written as a script"),
    BadArchive: Kind(422, "bad-archive", "The file does not hold runs, or not whole ones"),
    NotInstalled: Kind(501, "not-installed", "This server has not what that needs"),
    NotReady: Kind(503, "not-ready", "The server is not ready"),
    StoreUnavailable: Kind(503, "store-unavailable", "The store does not answer"),
    StoreDamaged: Kind(500, "store-damaged", "What is stored of the run is damaged"),
    KeyReused: Kind(422, "idempotency-key-reused", "The Idempotency-Key was used before"),
    KeySpent: Kind(410, "idempotency-key-spent", "What the Idempotency-Key made is no more"),
}
"""What each error is told as."""

NOT_FROM_HERE = Kind(403, "not-from-here", "Not from here")
VIEW_ONLY = Kind(403, "view-only", "This token may only look")
TOO_MANY_TRIES = Kind(429, "too-many-tries", "Not so many")
TOO_MANY_WRITES = Kind(429, "too-many-writes", "Not so many")
TOO_MANY_SOCKETS = Kind(429, "too-many-sockets", "Not so many")
INTERNAL = Kind(500, "internal", "An error of the server's")


def http_kind(status: int) -> Kind:
    """What is told of what HTTP itself has a status for."""
    return Kind(status, f"http-{status}", HTTPStatus(status).phrase)


def left_out(schema: dict[str, Any]) -> None:
    """Have a JSON Schema tell no defaults: a field that is left out is not the same as its default."""
    for field in schema["properties"].values():
        field.pop("default", None)


class FieldProblem(BaseModel):
    """One wrong field. `given` is left out where nothing was given. `allowed` is the list of the
    values that may come, or an object with their type and bounds in the words of JSON Schema."""

    model_config = ConfigDict(json_schema_extra=left_out)

    field: str
    message: str
    given: Any = None
    allowed: Any = None


class LimitProblem(BaseModel):
    """The limit that does not allow it, by its name in the catalog, and how much it allows."""

    name: str
    maximum: int


class Problem(BaseModel):
    """A problem document (RFC 9457). `type` is the same for all problems of a kind, and `detail` says
    what the matter is this time. `errors` is there where fields are wrong, `limit` where something
    would be too much, and `instance` names the request, as the server's log does."""

    model_config = ConfigDict(json_schema_extra=left_out)

    type: Annotated[str, Field(pattern=f"^{TYPE}[a-z0-9-]+$")]
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | SkipJsonSchema[None] = None
    limit: LimitProblem | SkipJsonSchema[None] = None
    instance: Annotated[str, Field(pattern=f"^{REQUEST}.+$")] | SkipJsonSchema[None] = None


class TooLarge(HTTPException):
    """A body is larger than it may be. Where FastAPI reads it, no other kind of error comes through."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(413, f"a body may have {limit[1]} bytes here")
        self.limit = limit


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
        "type": TYPE + kind,
        "title": title,
        "status": status,
        "detail": detail,
        **({} if (known := request_id.get()) is None else {"instance": REQUEST + known}),
        **({} if errors is None else {"errors": [describe(error) for error in errors]}),
        **({} if limit is None else {"limit": told(limit)}),
    }
    return ProblemResponse(problem, status, headers)


def refuse(
    error: HTTPException, detail: str | None = None, headers: Mapping[str, str] | None = None
) -> ProblemResponse:
    """What has no kind of its own, but its status."""
    status = error.status_code
    detail = str(error.detail) if detail is None else detail
    limit = error.limit if isinstance(error, TooLarge) else None
    return respond(*http_kind(status), detail, headers=headers or error.headers, limit=limit)


def told(limit: Limit) -> dict[str, object]:
    """A limit as JSON, as `LimitProblem` has it."""
    return {"name": limit[0], "maximum": limit[1]}


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
        errors = error.errors if isinstance(error, InvalidFields) else None
        limit = error.limit if isinstance(error, NoRoom | Busy | InvalidFields) else None
        return respond(*KINDS[type(error)], str(error), errors, limit=limit)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> ProblemResponse:
        found = error.errors()
        if isinstance(error.body, bytes) and error.body:
            detail = "expected JSON, with Content-Type: application/json"
            return respond(*http_kind(415), detail)
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
        return respond(*INTERNAL, "the server's log says more")
