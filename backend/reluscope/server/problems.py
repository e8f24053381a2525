"""Errors into RFC 9457 problem documents: the one place."""

import json
import logging
import reprlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ..errors import (
    FieldError,
    ForbiddenMove,
    InvalidFields,
    KeyReused,
    NoRoom,
    ReluscopeError,
    UnknownRun,
)
from ..numbers import tell

logger = logging.getLogger(__name__)

GIVEN_CHARACTERS = 200
"""How much of a wrong value an answer repeats."""

MAX_EXACT_INTEGER = 2**53

BOUNDS = {"ge": "minimum", "gt": "more_than", "le": "maximum", "lt": "less_than"}

KINDS: dict[type[ReluscopeError], tuple[int, str, str]] = {
    InvalidFields: (422, "invalid-fields", "Some fields are wrong"),
    UnknownRun: (404, "unknown-run", "No such run"),
    ForbiddenMove: (409, "forbidden-move", "The run's state does not allow this"),
    NoRoom: (409, "no-room", "No room for another run now"),
    KeyReused: (422, "idempotency-key-reused", "The Idempotency-Key was used before"),
}
"""Status, type and title of each error."""


class FieldProblem(BaseModel):
    """One wrong field."""

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
    problem = Problem(
        type=f"urn:reluscope:problem:{kind}",
        title=title,
        status=status,
        detail=detail,
        errors=None if errors is None else [describe(error) for error in errors],
    )
    return ProblemResponse(problem.model_dump(exclude_none=True), status, headers)


def describe(error: FieldError) -> FieldProblem:
    """A field error as JSON."""
    return FieldProblem(
        field=error.field,
        message=error.message,
        given=_brief(error.given),
        allowed=error.allowed,
    )


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


def from_pydantic(errors: Sequence[Any], body: object) -> list[FieldError]:
    """Errors of pydantic's as ours, each with its field as the sender wrote it."""
    return [_from_pydantic(error, body) for error in errors]


def _from_pydantic(error: Any, body: object) -> FieldError:
    context = error.get("ctx", {})
    field = _path(error["loc"], body)
    message: str = error["msg"]
    allowed: object = context.get("allowed")
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        field = ".".join(filter(None, (field, context["discriminator"].strip("'"))))
        tags = context.get("expected_tags", "")
        allowed = [tag.strip(" '") for tag in tags.split(",") if tag]
        return FieldError(field, f"expected one of {allowed}", context.get("tag"), allowed)
    if error["type"] == "literal_error":
        allowed = [word.strip("' ") for word in context["expected"].replace(" or ", ",").split(",")]
        message = f"expected one of {allowed}"
    elif error["type"] == "json_invalid":
        message = f"the body is not JSON: {context.get('error', message)}"
        return FieldError("", message)
    bounds = {word: context[key] for key, word in BOUNDS.items() if key in context}
    return FieldError(field, message, error.get("input"), allowed or bounds or None)


def _path(location: Sequence[str | int], body: object) -> str:
    """The dotted path of a field, without the names that pydantic adds of a union's members."""
    parts = list(location)
    if parts and parts[0] in ("query", "path", "header"):
        return ".".join(map(str, parts[1:]))
    if parts and parts[0] == "body":
        parts = parts[1:]
    path: list[str] = []
    here = body
    for position, part in enumerate(parts):
        if isinstance(here, dict) and part in here:  # noqa: SIM114 - together they are no clearer
            here = here[part]
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        elif position < len(parts) - 1:
            continue
        path.append(str(part))
    return ".".join(path)


def install(app: FastAPI) -> None:
    """Have `app` answer every error with a problem document."""

    @app.exception_handler(ReluscopeError)
    async def ours(_request: Request, error: ReluscopeError) -> ProblemResponse:
        status, kind, title = KINDS[type(error)]
        errors = error.errors if isinstance(error, InvalidFields) else None
        return respond(status, kind, title, str(error), errors)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> ProblemResponse:
        if isinstance(error.body, bytes) and error.body:
            detail = "expected JSON, with Content-Type: application/json"
            return respond(415, "http-415", "Unsupported Media Type", detail)
        return await ours(request, InvalidFields(from_pydantic(error.errors(), error.body)))

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: HTTPException) -> ProblemResponse:
        title = HTTPStatus(error.status_code).phrase
        kind = f"http-{error.status_code}"
        return respond(error.status_code, kind, title, str(error.detail), headers=error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> ProblemResponse:
        logger.error("%s %s", request.method, request.url.path, exc_info=error)
        return respond(500, "internal", "An error of the server's", "the server's log says more")
