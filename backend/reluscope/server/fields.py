"""What pydantic says is wrong, as field errors: each with the field as its sender wrote it, what was
given there, and what may come there, as the JSON Schema of the request has it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from starlette.requests import HTTPConnection

from ..errors import NOTHING, FieldError, InvalidFields, Limit

MAX_ERRORS = 20
"""Errors told of one request; whoever mends those is told the next."""

FIELD_CHARACTERS = 200
"""How much is repeated of a field's name, which may be anything where no such field is known."""

BOUNDS = (
    *("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "minLength", "maxLength"),
    *("minItems", "maxItems", "minProperties", "maxProperties", "pattern"),
)
"""What a JSON Schema says of a value beside its type, as far as it is told."""

LENGTHS = {
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} characters",
}
"""What is said of a text that is too long or too short, by pydantic's type of the error."""

LIMITS = {
    **dict.fromkeys(("n", "d_in", "hidden", "d_out"), "size"),
    "iterations": "iterations",
    "pace": "pace",
    "points": "points_per_answer",
    "runs": "watched_runs",
    "count": "forks",
    "id": "exported_runs",
    "sweep": "exported_runs",
}
"""Of the fields whose bound is one of the catalog's limits, its name there."""

MOST = {"less_than_equal": "le", "too_long": "max_length"}
"""By pydantic's type of the error, what its context has of the bound."""

Schema = Mapping[str, Any]
Location = Sequence[str | int]


class Places:
    """The places of a request: what may come at each of them."""

    def __init__(self, schema: Schema, document: Schema, prefix: int = 0) -> None:
        """`schema` describes the request; its references are to places of `document`. The first
        `prefix` parts of a location are not of the sender's writing."""
        self._schema = schema
        self._document = document
        self._prefix = prefix

    def errors(self, found: Sequence[Any]) -> list[FieldError]:
        """The first `MAX_ERRORS` of pydantic's errors, as ours."""
        return [self._error(error) for error in found[:MAX_ERRORS]]

    def _error(self, error: Any) -> FieldError:
        path, places = self._follow(error["loc"])
        kind, message, given = error["type"], error["msg"], error["input"]
        allowed = error.get("ctx", {}).get("allowed") or self._allowed(places[-1])
        if kind in ("union_tag_invalid", "union_tag_not_found"):
            tag = places[-1]["discriminator"]["propertyName"]
            path.append(tag)
            members = self._branches(places[-1])
            allowed = [choice for m in members for choice in _choices(m["properties"][tag])]
            given = given.get(tag, NOTHING)
            message = "required"
        elif kind == "extra_forbidden":
            branches = self._branches(places[-2])
            allowed = [name for branch in branches for name in branch.get("properties", ())]
            message = f"expected one of {allowed}"
        elif kind in LENGTHS:
            message = LENGTHS[kind].format(**error["ctx"])
        elif kind == "missing":
            given = NOTHING
            message = "required" if path[self._prefix :] else "a JSON body is required"
        if isinstance(allowed, list) and given not in (NOTHING, *allowed):
            message = f"expected one of {allowed}"
        elif isinstance(allowed, list) and kind != "extra_forbidden":
            # One of them may still be refused, for what stands in other fields.
            allowed = [choice for choice in allowed if choice != given]
        field = ".".join(path[self._prefix :])[:FIELD_CHARACTERS]
        return FieldError(field, message, given, allowed or None, _limit(error, path))

    def _follow(self, location: Location) -> tuple[list[str], list[Schema]]:
        """The path of a location, without the tags that pydantic adds where it has chosen a member
        of a union, and the schema of each step of it."""
        path: list[str] = []
        places = [self._resolved(self._schema)]
        for part in location:
            members = places[-1].get("discriminator", {}).get("mapping", {})
            if part in members:
                places[-1] = self._resolved({"$ref": members[part]})
                continue
            path.append(str(part))
            places.append(self._child(places[-1], part))
        return path, places

    def _child(self, place: Schema, part: str | int) -> Schema:
        for branch in self._branches(place):
            more = branch.get("items" if isinstance(part, int) else "additionalProperties")
            child = branch.get("properties", {}).get(part, more)
            if isinstance(child, Mapping):
                return self._resolved(child)
        return {}

    def _allowed(self, place: Schema) -> list[Any] | dict[str, Any]:
        """The values that may come, where they can be listed; else the types and their bounds."""
        branches = list(self._branches(place))
        choices = [choice for branch in branches for choice in _choices(branch)]
        if choices:
            return choices
        types = list(dict.fromkeys(branch["type"] for branch in branches if "type" in branch))
        bounds = {name: branch[name] for branch in branches for name in BOUNDS if name in branch}
        if "integer" in types:  # OpenAPI has all bounds as floats
            bounds = {name: int(bound) for name, bound in bounds.items()}
        return ({"type": types[0] if len(types) == 1 else types} if types else {}) | bounds

    def _branches(self, place: Schema) -> Iterator[Schema]:
        return map(self._resolved, place.get("anyOf") or place.get("oneOf") or [place])

    def _resolved(self, schema: Schema) -> Schema:
        if "$ref" not in schema:
            return schema
        found = self._document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found


async def check_once(request: HTTPConnection) -> None:
    """Of a field of the query that takes one value, only one may come: which would be meant?

    Raises InvalidFields.
    """
    counts = Counter(name for name, _ in request.query_params.multi_items())
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated and request.scope["type"] == "http":
        operation = _methods(request.app, request).get(request.scope["method"].lower(), {})
        single = {
            parameter["name"]
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "query" and parameter["schema"].get("type") != "array"
        }
        wrong = [name for name in repeated if name in single]
        if wrong:
            raise InvalidFields([FieldError(name, "given more than once") for name in wrong])


def places_of(app: FastAPI, request: Request) -> Places:
    """The places of a request, as the server's own OpenAPI document describes them."""
    operation = _methods(app, request).get(request.method.lower(), {})
    schemas: dict[str, Any] = {}
    for parameter in operation.get("parameters", ()):
        where = schemas.setdefault(parameter["in"], {"properties": {}})
        where["properties"][parameter["name"]] = parameter["schema"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schemas["body"] = content["schema"]
    return Places({"properties": schemas}, app.openapi(), prefix=1)


def methods_at(app: FastAPI, request: Request) -> list[str]:
    """The methods that may be used where a request went; files can only be read."""
    return [method.upper() for method in _methods(app, request)] or ["GET", "HEAD"]


def _methods(app: FastAPI, request: HTTPConnection) -> Schema:
    route = getattr(request.scope.get("route"), "path_format", "")
    methods: Schema = app.openapi()["paths"].get(route, {})
    return methods


def _limit(error: Any, path: Sequence[str]) -> Limit | None:
    """The limit that the value there exceeds, where that is what is wrong with it."""
    if not path or path[-1] not in LIMITS or error["type"] not in MOST:
        return None
    return LIMITS[path[-1]], int(error["ctx"][MOST[error["type"]]])


def _choices(place: Schema) -> list[Any]:
    return place.get("enum") or ([place["const"]] if "const" in place else [])
