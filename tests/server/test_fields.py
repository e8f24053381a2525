from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from reluscope.errors import NOTHING
from reluscope.server.fields import MAX_ERRORS, Places
from reluscope.training.spec import RunSpec

from .serving import problem


class Cat(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=1, le=9)] | None = 9
    cat: int = 0
    """Called as the kind is."""


class Dog(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["dog"]
    walks: Annotated[list[Annotated[float, Field(gt=0)]], Field(max_length=2)] = []
    friends: dict[str, int] = {}


Pet = TypeAdapter(Annotated[Cat | Dog, Field(discriminator="kind")])


def errors_of(adapter, given):
    """What is told of it: field, what was given, what may come."""
    schema = adapter.json_schema()
    with pytest.raises(ValidationError) as refusal:
        adapter.validate_python(given)
    errors = Places(schema, schema).errors(refusal.value.errors())
    return [(error.field, error.given, error.allowed) for error in errors]


LIVES = {"type": ["integer", "null"], "minimum": 1, "maximum": 9}


@pytest.mark.parametrize(
    ("given", "field", "told", "allowed"),
    [
        ({"kind": "cat", "lives": 0}, "lives", 0, LIVES),
        ({"kind": "cat", "lives": "many"}, "lives", "many", LIVES),
        ({"kind": "cat", "lives": 2.5}, "lives", 2.5, LIVES),
        ({"kind": "cat", "walks": []}, "walks", [], ["kind", "lives", "cat"]),
        ({"kind": "cat", "cat": None}, "cat", None, {"type": "integer"}),
        ({"kind": "cat", "dog": None}, "dog", None, ["kind", "lives", "cat"]),
        ({"kind": "dog", "walks": [1, -1.5]}, "walks.1", -1.5, {"exclusiveMinimum": 0}),
        ({"kind": "dog", "walks": [1, 1, 1]}, "walks", [1, 1, 1], {"maxItems": 2}),
        ({"kind": "dog", "friends": {"dog": "x"}}, "friends.dog", "x", {"type": "integer"}),
        ({"kind": "dog", "friends": {"0": "x"}}, "friends.0", "x", {"type": "integer"}),
        ({"kind": "cow"}, "kind", "cow", ["cat", "dog"]),
        ({"kind": None}, "kind", None, ["cat", "dog"]),
        ({"kind": 5}, "kind", 5, ["cat", "dog"]),
        ({}, "kind", NOTHING, ["cat", "dog"]),
        ("cat", "", "cat", {"type": "object"}),
    ],
    ids=lambda value: "nothing" if value is NOTHING else str(value),
)
def test_a_field_is_told_as_its_sender_wrote_it_with_what_may_come(given, field, told, allowed):
    ((told_field, told_given, told_allowed),) = errors_of(Pet, given)
    assert (told_field, told_given) == (field, told)
    if isinstance(allowed, dict):
        assert allowed.items() <= told_allowed.items()
    else:
        assert told_allowed == allowed


@pytest.mark.parametrize(
    ("given", "message"), [("ab", "at least 3 characters"), ("abcdef", "at most 5 characters")]
)
def test_a_length_is_told_in_few_words(given, message):
    adapter = TypeAdapter(Annotated[str, Field(min_length=3, max_length=5)])
    schema = adapter.json_schema()
    with pytest.raises(ValidationError) as refusal:
        adapter.validate_python(given)
    (error,) = Places(schema, schema).errors(refusal.value.errors())
    assert error.message == message


def test_a_field_that_is_missing_was_not_given():
    adapter = TypeAdapter(Annotated[Cat, Field()])
    assert errors_of(adapter, {}) == [("kind", NOTHING, ["cat"])]


def test_a_kind_that_is_missing_is_required():
    schema = Pet.json_schema()
    with pytest.raises(ValidationError) as refusal:
        Pet.validate_python({})
    (error,) = Places(schema, schema).errors(refusal.value.errors())
    assert (error.field, error.message) == ("kind", "required")


@pytest.mark.parametrize(
    ("given", "field", "message", "allowed"),
    [
        (
            {"gradients": "hand"},
            "gradients",
            "expected one of ['autograd', 'closed_form', 'gram']",
            ["autograd", "closed_form", "gram"],
        ),
        (
            {"gradients": "gram", "update": {"rule": "adam"}},
            "gradients",
            "gram needs a rule",
            ["autograd", "closed_form"],
        ),
        (
            {"gradients": "gram", "dtype": "bfloat16"},
            "dtype",
            "gram needs float32",
            ["float32", "float64"],
        ),
        (
            {"update": {"rule": "manual", "lr_w1": "lr"}},
            "update.lr_w1",
            "expected one of ['rule'",
            ["rule", "lr"],
        ),
    ],
    ids=lambda value: "nothing" if value is NOTHING else str(value),
)
def test_a_value_that_is_refused_for_what_stands_beside_it_leaves_the_others(
    given, field, message, allowed
):
    schema = RunSpec.model_json_schema()
    with pytest.raises(ValidationError) as refusal:
        RunSpec.model_validate(given)
    (error,) = Places(schema, schema).errors(refusal.value.errors())
    assert error.field == field
    assert error.message.startswith(message)
    assert error.allowed == allowed


def test_every_field_of_a_spec_tells_what_may_come():
    adapter = TypeAdapter(RunSpec)
    for name in RunSpec.model_fields:
        for field, given, allowed in errors_of(adapter, {name: {"x": object}}):
            assert field.partition(".")[0] == name
            assert given is not NOTHING
            assert allowed


def test_errors_beyond_number_are_cut_short():
    given = {"x" * 1000 + str(number): 0 for number in range(1000)}
    told = errors_of(TypeAdapter(RunSpec), given)
    assert len(told) == MAX_ERRORS
    assert all(len(field) <= 200 for field, *_ in told)


def test_a_field_of_the_query_that_takes_one_value_is_given_once(api):
    told = problem(api.http.get("/api/runs?limit=1&tag=a&limit=2&tag=b"), 422)
    assert [error["field"] for error in told["errors"]] == ["limit"]
    assert api.http.get("/api/runs?tag=a&tag=b&other=1&other=2").status_code == 200
