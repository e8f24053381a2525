"""The AsyncAPI document says what is really sent, and takes what is really taken."""

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from reluscope import blocks
from reluscope.errors import InvalidFields
from reluscope.server.description.asyncapi import REPLIES, document
from reluscope.server.socket.messages import parse
from reluscope.server.socket.outgoing import OUTGOING

from ..serving import LONG, TINY, in_thread
from ..watching import Viewer

SPECS = Path(sys.prefix) / "typescript/node_modules/@asyncapi/specs/schemas"

DOCUMENT = document("127.0.0.1:8000", "ws", "", needs_token=False)
MESSAGES = DOCUMENT["components"]["messages"]
INCOMING = tuple(REPLIES)


def validator(name: str) -> Draft7Validator:
    """For the payload of a message."""
    return Draft7Validator({**MESSAGES[name]["payload"], "components": DOCUMENT["components"]})


VALIDATORS = {name: validator(name) for name in MESSAGES}


def is_taken(message: object) -> bool:
    try:
        parse(json.dumps(message))
    except InvalidFields:
        return False
    return True


def made_by(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What a schema of a client's message allows, as far as those schemas go."""
    if "anyOf" in schema:
        return st.one_of([made_by(one) for one in schema["anyOf"]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    return MADE[schema["type"]](schema)


def made_text(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" not in schema:
        return st.text(st.characters(exclude_categories=[]), max_size=10)
    # Not the whole pattern: Python's `$` lets the end of a line in.
    letters = st.from_regex(schema["pattern"].strip("^+$"), fullmatch=True)
    return st.lists(letters, min_size=schema["minLength"], max_size=schema["maxLength"]).map(
        "".join
    )


def made_whole(schema: dict[str, Any]) -> st.SearchStrategy[float]:
    whole = st.integers(schema["minimum"], schema["maximum"])
    return whole | whole.map(float)


def made_object(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        more = schema["additionalProperties"]
        values = made_by(more) if isinstance(more, dict) else st.integers() | st.text() | st.none()
        return st.dictionaries(st.text(max_size=40), values, max_size=3)
    fields = {name: made_by(field) for name, field in schema["properties"].items()}
    required = {name: fields.pop(name) for name in schema["required"]}
    choices = [one["required"] for all in schema.get("allOf", ()) for one in all["anyOf"]] or [()]
    return st.sampled_from(choices).flatmap(
        lambda more: st.fixed_dictionaries(
            required | {name: fields[name] for name in more},
            optional={name: made for name, made in fields.items() if name not in more},
        )
    )


MADE: dict[str, Callable[[dict[str, Any]], st.SearchStrategy[Any]]] = {
    "object": made_object,
    "array": lambda schema: st.lists(made_by(schema["items"]), max_size=3),
    "string": made_text,
    "integer": made_whole,
    "number": lambda _: st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    "null": lambda _: st.none(),
}


@pytest.mark.parametrize("needs_token", [False, True])
def test_it_is_an_asyncapi_document(needs_token):
    assert SPECS.is_dir(), "`make test` brings the schemas of AsyncAPI"
    schema = json.loads((SPECS / "3.0.0-without-$id.json").read_text())
    told = document("wiki.example", "wss", "/scope", needs_token=needs_token)
    assert [error.message for error in Draft7Validator(schema).iter_errors(told)] == []


def test_every_reference_leads_somewhere():
    text = json.dumps(DOCUMENT)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
        place: Any = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


@pytest.mark.parametrize("name", [name for name in MESSAGES if name != "blocks"])
def test_examples_are_what_they_show(name):
    for example in MESSAGES[name]["examples"]:
        VALIDATORS[name].validate(example["payload"])
        assert name not in INCOMING or is_taken(example["payload"])


def test_binary_messages_are_told_as_they_are_laid_out():
    text = MESSAGES["blocks"]["description"]
    assert f"begins with {blocks.HEADER.size} bytes" in text
    assert [line for line in text.splitlines() if line.startswith("| 16 | 16 bytes | id |")]
    assert "| 32 | f64 | produced_at |" in text


def test_it_is_served_with_the_address_that_was_asked_for(api):
    told = api.http.get("/api/asyncapi.json").json()
    here = told["servers"]["here"]
    assert here == {"host": httpx.URL(api.url).netloc.decode(), "protocol": "ws", "pathname": "/"}
    assert told["info"]["version"]
    wrong = api.http.post("/api/asyncapi.json")
    for method in wrong.headers["allow"].split(", "):
        assert api.http.request(method, "/api/asyncapi.json").status_code == 200


def test_whatever_is_sent_is_described():
    with (
        in_thread(workers=1, store=False) as server,
        Viewer(f"{server.live_url}?encoding=json") as viewer,
    ):
        api, came = server.api, []

        def until(type: str) -> dict[str, Any]:
            while True:
                came.append(json.loads(viewer.receive()))
                if came[-1]["type"] == type:
                    return came[-1]

        ended = api.start(**TINY, iterations=60)
        api.until_ended(ended)
        lively = api.start(**LONG, pace=50, diagnostics_every=1, name="ΔE ≠ 0")
        broken = api.start(**{**TINY, "update": {"lr": 1e9}}, on_nonfinite="continue")
        api.verb(lively, "pause")
        viewer.watch({ended: 0, lively: 0, broken: 0})
        until("diagnostics")
        api.until_ended(broken)
        while "NaN" not in until("losses")["losses"]:
            pass
        viewer.watch({ended: 1000})
        until("rewind")
        viewer.send({"type": "watch", "runs": {"nobody": 0}, "sweeps": ["none"]})
        until("gone")
        viewer.send({"type": "watch", "runs": {ended: -1}, "x": [float("inf"), "\ud800"]})
        viewer.send(b"\0")
        until("error")
        until("error")
        viewer.send({"type": "follow", "id": "class-1"})
        until("view")
        shown = {"type": "present", "id": "class-1", "key": "0123456789abcdef", "view": {"of": 1}}
        viewer.send(shown)
        until("presenting")
        viewer.watch({str(number): 0 for number in range(1001)})
        assert until("error")["limit"]
        api.http.patch(f"/api/runs/{lively}", json={"name": "other", "update": {"lr": 1e-5}})
        api.http.delete(f"/api/runs/{lively}")
        until("gone")
        server.hub.problem = "the disk is full"
        viewer.send({"type": "ping", "t": 1})
        until("pong")
        until("store")
    assert {message["type"] for message in came} == set(MESSAGES) - {*INCOMING, "blocks"}
    assert len(OUTGOING) == len(MESSAGES) - len(INCOMING) - 1
    for message in came:
        VALIDATORS[message["type"]].validate(message)


@settings(max_examples=30)
@pytest.mark.parametrize("name", INCOMING)
@given(data=st.data())
def test_what_is_described_is_taken(name, data):
    schema = DOCUMENT["components"]["schemas"][name.capitalize()]
    message = data.draw(made_by(schema))
    assert VALIDATORS[name].is_valid(message)
    assert is_taken(message), message


ODD = st.sampled_from(
    [None, True, 0, -1, 2**53, 2**53 + 1, 1.0, 1.5, 1e300, "", "dead", [], {}, [""], {"": 0}]
)


@settings(max_examples=200)
@given(data=st.data())
def test_what_is_taken_is_described(data):
    name = data.draw(st.sampled_from(INCOMING))
    examples = [example["payload"] for example in MESSAGES[name]["examples"]]
    message = copy.deepcopy(data.draw(st.sampled_from(examples)))
    fields = sorted({*message, "runs", "sweeps", "channels", "view", "x"})
    for field in data.draw(st.lists(st.sampled_from(fields), min_size=1, max_size=3)):
        if data.draw(st.booleans()):
            message[field] = data.draw(ODD)
        else:
            message.pop(field, None)
    assert is_taken(message) == VALIDATORS[name].is_valid(message), message
