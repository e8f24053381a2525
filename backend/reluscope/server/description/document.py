"""The OpenAPI document: what FastAPI knows of the routes, and what is the same for all of them, said
here once. Which errors an operation's own work may come to, its route says by `refusals`."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from ...errors import InvalidFields, ReluscopeError
from ...logs import HEADER
from ..door.guard import JSON, READS, needs_role
from ..door.roles import Roles
from ..problems import (
    INTERNAL,
    KINDS,
    NOT_FROM_HERE,
    TOO_MANY_TRIES,
    TOO_MANY_WRITES,
    VIEW_ONLY,
    Kind,
    Problem,
    ProblemResponse,
    http_kind,
)
from .examples import ANSWERS, PROBLEMS, REQUESTS

DESCRIPTION = """\
Two-layer ReLU networks that train here, one run each, and all that may be asked of them. Losses come
as they are made on the socket `/api/live`, which [another document](api/asyncapi.json) describes.

**Numbers.** One that is not finite is one of the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.
Times are Unix seconds.

**Errors.** Whatever cannot be done is answered with a problem document (RFC 9457), also where a path
is not known (404) or does not take the method (405, with `Allow`). Its `type` is the same for all
problems of a kind. Where fields are wrong, `errors` names each, what was given and what is allowed.
"""

TOKENS = """\
What the server was started with: `--token` may do everything, `--view-token` may look. A server that
listens on its own machine alone needs none."""

TAGS = {
    "session": "Who is asking.",
    "catalog": "What there is to choose from.",
    "relus": "What a ReLU implementation does.",
    "runs": "Runs are made, steered, changed and deleted.",
    "sweeps": "Many runs are made at once, and steered and deleted together.",
    "losses": "The curve of a run.",
    "diagnostics": "What is measured of a run beside its losses.",
    "times": "When a run's iterations were done.",
    "events": "What happened to a run.",
    "script": "A run as a program of its own.",
    "compare": "Where two runs part.",
    "archive": "Runs as files.",
    "operations": "For whoever runs the server.",
}

NAMES = "x-kinds"
"""Where, until the document is whole, an answer's kinds of problems stand."""

REQUEST_ID = {
    "description": "By which the server's log names the request: the one that it came with, or a new.",
    "required": True,
    "schema": {"type": "string"},
}
NAMED = {HEADER: {"$ref": f"#/components/headers/{HEADER}"}}
"""In every answer."""

RETRY_AFTER = {
    "description": "Seconds until it is worth another try.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}

MADE: dict[int | str, dict[str, Any]] = {
    201: {
        "headers": {
            "Location": {
                "description": "Where what was made can be asked for.",
                "required": True,
                "schema": {"type": "string", "format": "uri-reference"},
            }
        }
    }
}
"""Of a route that makes one thing."""

HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}}},
    429: {"Retry-After": RETRY_AFTER},
}
"""Headers of an answer that is a problem, by its status."""

Operation = dict[str, Any]


def refusals(*errors: type[ReluscopeError] | int) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation whose own work may come to these errors, or to HTTP's own of these
    statuses; for a route's `responses`."""
    told: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        kind = http_kind(error) if isinstance(error, int) else KINDS[error]
        told.setdefault(kind.status, {NAMES: []})[NAMES].append(kind.name)
    return told


def operation_id(route: APIRoute) -> str:
    """The name of an operation, as a program that is made of the document has it: runs_create."""
    tag = str(route.tags[0]) if route.tags else ""
    return route.name if route.name == tag else f"{tag}_{route.name}"


class Documented(FastAPI):
    """An application with a whole document."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            _complete(document, self.state.roles)
        return super().openapi()


def _complete(document: dict[str, Any], roles: Roles) -> None:
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    used = {operation["tags"][0] for _, _, operation in operations}
    document["info"]["description"] = DESCRIPTION
    document["tags"] = [{"name": n, "description": d} for n, d in TAGS.items() if n in used]
    parts = document["components"]
    parts["schemas"].update(_schemas())
    for spec in (parts["schemas"]["RunSpec"], parts["schemas"]["SweepSpec"]["properties"]["base"]):
        # Programs that make programs of the document leave out what has an object for its default.
        spec["properties"]["update"].pop("default")
    parts["examples"] = {name: {"value": problem} for name, problem in PROBLEMS.items()}
    parts["responses"] = {}
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": TOKENS},
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": roles.cookie_name,
            "description": "Made of a token by `POST /api/session`, for browsers.",
        },
    }
    document["security"] = [{"token": []}, {"cookie": []}]
    if not roles.are_needed:
        document["security"].insert(0, {})
    parts["headers"] = {HEADER: REQUEST_ID}
    for method, path, operation in operations:
        operation["summary"] = _summary(operation["description"])
        _refuse(method, path, operation, parts["responses"])
        _show(operation)
        if not needs_role(path):
            operation["security"] = [{}, *document["security"]]
    for unused in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(unused, None)


def _schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def _summary(description: str) -> str:
    """The first clause of what is said of an operation."""
    return re.split(r"[.:;](?:\s|$)", description, maxsplit=1)[0].replace("\n", " ")


def _refuse(method: str, path: str, operation: Operation, shared: dict[str, Any]) -> None:
    """Have all answers that are problems told in full: those of its route, and what is true of all."""
    responses = operation["responses"]
    named = {int(s): list(a[NAMES]) for s, a in responses.items() if NAMES in a}
    for kind in _everywhere(method, path, operation):
        names = named.setdefault(kind.status, [])
        if kind.name not in names:
            names.append(kind.name)
    if HTTPStatus.UNPROCESSABLE_ENTITY not in named:
        responses.pop("422", None)  # FastAPI's own, for whatever has a parameter
    for status, names in named.items():
        name = "-or-".join(names)
        shared[name] = _answer(status, names)
        responses[str(status)] = {"$ref": f"#/components/responses/{name}"}
    operation["responses"] = dict(sorted(responses.items()))


def _everywhere(method: str, path: str, operation: Operation) -> Iterable[Kind]:
    """The problems that may be told whatever it is that an operation does."""
    parameters = operation.get("parameters", ())
    body = operation.get("requestBody", {}).get("content", {})
    is_write = method.upper() not in READS
    asks = JSON in body or any(parameter["in"] != "path" for parameter in parameters)
    if asks:
        yield http_kind(400)  # what cannot be read, or is too long to be looked at
    yield http_kind(401)  # for a token that is none, everywhere
    yield NOT_FROM_HERE
    if is_write and needs_role(path):
        yield VIEW_ONLY
    if "{" in path:
        yield http_kind(404)  # what stands there may be read as another path
    if body:
        yield http_kind(408)
    if is_write:
        yield http_kind(413)
        yield http_kind(415)
    if asks:
        yield KINDS[InvalidFields]
    yield TOO_MANY_TRIES
    if is_write:
        yield TOO_MANY_WRITES
    yield INTERNAL


def _answer(status: int, names: list[str]) -> dict[str, Any]:
    """An answer that is a problem of one of these kinds."""
    types = [PROBLEMS[name]["type"] for name in names]
    schema = {
        "allOf": [{"$ref": "#/components/schemas/Problem"}],
        "properties": {"type": {"enum": types}, "status": {"const": status}},
    }
    examples = {name: {"$ref": f"#/components/examples/{name}"} for name in names}
    answer = {
        "description": "; or: ".join(PROBLEMS[name]["title"] for name in names),
        "content": {ProblemResponse.media_type: {"schema": schema, "examples": examples}},
    }
    return {**answer, "headers": NAMED | HEADERS.get(status, {})}


def _show(operation: Operation) -> None:
    """Add the headers and the examples of what is asked and answered where all goes well."""
    name = operation["operationId"]
    body = operation.get("requestBody", {}).get("content", {})
    for content in body.values():
        _exemplify(content, REQUESTS.get(name, {}))
    for answer in operation["responses"].values():
        if "$ref" not in answer:
            answer["headers"] = NAMED | answer.get("headers", {})
        if JSON in answer.get("content", {}):
            _exemplify(answer["content"][JSON], ANSWERS.get(name, {}))


def _exemplify(content: dict[str, Any], examples: Mapping[str, Any]) -> None:
    if examples:
        content["examples"] = {name: {"value": value} for name, value in examples.items()}
