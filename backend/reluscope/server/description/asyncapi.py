"""The AsyncAPI document: the messages of the live socket, made from the models of both sides."""

import struct
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ... import __version__, blocks
from ..socket.frames import Encoding, Listed
from ..socket.messages import MAX_MESSAGE_BYTES, Incoming
from ..socket.outgoing import OUTGOING
from ..socket.reading import MESSAGE_BYTES
from .examples import ID

DESCRIPTION = f"""\
One socket serves all runs. A client says which it watches, each from an iteration on, and every
iteration comes exactly once and in order from there; after a lost connection it watches again with the
next iteration that it wants. Clients send JSON text of at most {MAX_MESSAGE_BYTES} bytes. They are sent
JSON text, and losses and diagnostics as binary messages of at most {MESSAGE_BYTES} bytes; with
`encoding=json`, those come as text, too. With `list=watched` they are told of no runs but those that
they watch. A number that is not finite is one of the strings `"NaN"`,
`"Infinity"` and `"-Infinity"`.
"""

TYPES = {"B": "u8", "H": "u16", "I": "u32", "Q": "u64", "16s": "16 bytes", "d": "f64"}
"""What the fields of a header are called, by their codes in `struct`."""

REPLIES = {
    "watch": ("gone", "rewind", "error"),
    "unwatch": ("error",),
    "ping": ("pong", "error"),
    "present": ("presenting", "error"),
    "follow": ("view", "error"),
}
"""What may be sent because of a client's message, beside losses and diagnostics."""

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "watch": [
        {"type": "watch", "runs": {ID: 0}},
        {"type": "watch", "sweeps": [ID], "channels": ["dead"]},
    ],
    "unwatch": [{"type": "unwatch", "runs": [ID]}],
    "ping": [{"type": "ping", "t": 12.5}],
    "present": [
        {
            "type": "present",
            "id": "class-1",
            "key": "a key of 16 or more".replace(" ", "-"),
            "view": {},
        }
    ],
    "follow": [{"type": "follow", "id": "class-1"}],
    "runs": [{"type": "runs", "runs": [{"id": ID, "iteration": 120, "loss": "NaN"}]}],
    "gone": [{"type": "gone", "ids": [ID]}],
    "rewind": [{"type": "rewind", "runs": {ID: 100}}],
    "store": [{"type": "store", "problem": "the disk is full"}],
    "pong": [{"type": "pong", "t": 12.5, "now": 1760000000.0}],
    "error": [
        {
            "type": "error",
            "detail": "t: required",
            "errors": [{"field": "t", "message": "required", "allowed": {"type": "number"}}],
        }
    ],
    "losses": [
        {
            "type": "losses",
            "id": ID,
            "start": 497,
            "losses": [1.5, "NaN"],
            "produced_at": 1760000000.0,
        }
    ],
    "diagnostics": [
        {
            "type": "diagnostics",
            "id": ID,
            "channel": "dead",
            "iterations": [0, 50],
            "values": [0.0, 0.01],
            "produced_at": 1760000000.0,
        }
    ],
    "presenting": [{"type": "presenting", "id": "class-1", "followers": 3}],
    "view": [{"type": "view", "id": "class-1", "live": True, "followers": 3, "view": {}}],
}
"""Of each message, by its type."""


def document(host: str, scheme: str, root_path: str, *, needs_token: bool) -> dict[str, Any]:
    """The document for whoever asked for it under `host`; `scheme` is that of a socket there."""
    came, sent = _by_type(get_args(Incoming)), _by_type(OUTGOING)
    schemas = _schemas((*came.values(), *sent.values()))
    messages = {type: _message(type, model) for type, model in (came | sent).items()}
    messages["blocks"] = _blocks()
    server = {"host": host, "protocol": scheme, "pathname": root_path or "/"}
    security = {"security": [{"$ref": "#/components/securitySchemes/token"}]}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "reluscope", "version": __version__, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {"here": server | (security if needs_token else {})},
        "channels": {
            "live": {
                "address": "/api/live",
                "description": "The socket. Where it is refused, the answer is a problem document.",
                "messages": {n: {"$ref": f"#/components/messages/{n}"} for n in messages},
                "bindings": {"ws": {"query": _query(), "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            **{
                f"receive_{type}": {
                    **_operation("receive", [type]),
                    "reply": {"channel": _LIVE, "messages": _of_live(REPLIES[type])},
                }
                for type in came
            },
            **{f"send_{type}": _operation("send", [type]) for type in (*sent, "blocks")},
        },
        "components": {
            "messages": messages,
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Or its cookie."}
            },
        },
    }


_LIVE = {"$ref": "#/channels/live"}


def _of_live(types: Iterable[str]) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/live/messages/{type}"} for type in types]


def _operation(action: str, types: Iterable[str]) -> dict[str, Any]:
    return {"action": action, "channel": _LIVE, "messages": _of_live(types)}


def _by_type(models: Iterable[type[BaseModel]]) -> dict[str, type[BaseModel]]:
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in models}


def _schemas(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """The schemas of these models, and of those within them. A `discriminator` is another thing in
    AsyncAPI than what pydantic calls so."""
    _, whole = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, Any] = _without("discriminator", whole["$defs"])
    return schemas


def _without(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_without(name, inner) for inner in value]
    if isinstance(value, dict):
        return {key: _without(name, inner) for key, inner in value.items() if key != name}
    return value


def _message(type: str, model: type[BaseModel]) -> dict[str, Any]:
    return {
        "name": type,
        "summary": " ".join((model.__doc__ or "").split()),
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
        "examples": [{"payload": example} for example in EXAMPLES[type]],
    }


def _query() -> Mapping[str, Any]:
    choices = {"encoding": get_args(Encoding), "list": get_args(Listed)}
    properties = {
        name: {"type": "string", "enum": list(values), "default": values[0]}
        for name, values in choices.items()
    }
    return {"type": "object", "properties": properties}


def _blocks() -> dict[str, Any]:
    """Binary messages, in words."""
    rows, at = [], 0
    for name, code, meaning in blocks.FIELDS:
        rows.append(f"| {at} | {TYPES[code]} | {name} | {meaning} |")
        at += struct.calcsize(f"<{code}")
    header = "\n".join(("| byte | type | field | |", "|---|---|---|---|", *rows))
    text = f"""\
One or more blocks, back to back. All of it is little-endian. A block begins with {at} bytes:

{header}

Of kind {blocks.LOSSES}, losses, `count` f64 follow: those of iterations `first`, `first + 1`, and so on.
Of kind {blocks.DIAGNOSTICS}, diagnostics, `count` pairs of f64 follow, {blocks.PAIR_BYTES} bytes each: an
iteration, and the channel's value there. What was measured at an iteration comes in the same message
as its loss. Values are as they are, NaN and infinity as well."""
    return {
        "name": "blocks",
        "summary": "Losses and diagnostics of the runs that are watched, at most 30 times a second.",
        "description": text,
        "contentType": "application/octet-stream",
        "payload": {"type": "string", "format": "binary"},
    }
