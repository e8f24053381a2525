import itertools
import math
import random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from reluscope.runs.sweep import CannotDraw, SweepSpec, fields_of, label, named, value_at
from reluscope.training.spec import RunSpec

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.none() | st.booleans() | st.integers() | NUMBERS | st.text(max_size=5)
PATHS = st.sampled_from(["relu", "seed", "hidden", "tags", "update.lr", "update.rule", "pace"])
GRIDS = st.dictionaries(PATHS, st.lists(VALUES, min_size=1, max_size=4), max_size=4)
LISTS = st.lists(st.dictionaries(PATHS, VALUES, max_size=3), min_size=1, max_size=5)
ENDS = st.tuples(NUMBERS, NUMBERS).map(sorted)
BASE = {"n": 8, "name": "mine", "update": {"rule": "sgd", "momentum": 0.5}}


def asked(body: dict[str, Any]) -> list[Any]:
    """The runs that a sweep is of, in order."""
    sweep = SweepSpec.model_validate(body)
    members = list(sweep.members())
    assert len(members) == sweep.count
    return members


def at(body: Any, written: str, path: str) -> Any:
    """What stands where a member says that a field of its point was written."""
    before, _, after = written.partition(path)
    for part in [*filter(None, before.split(".")), path, *filter(None, after.split("."))]:
        body = body[int(part)] if isinstance(body, list) else body[part]
    return body


def reads(spec: dict[str, Any], path: str) -> Any:
    outer, _, inner = path.partition(".")
    return spec[outer][inner] if inner else spec[outer]


@given(GRIDS)
def test_a_grid_has_a_run_for_each_combination_and_its_first_field_changes_slowest(grid):
    points = [list(member.point.values()) for member in asked({"base": BASE, "grid": grid})]
    assert repr(points) == repr([list(one) for one in itertools.product(*grid.values())])


@given(GRIDS.map(lambda grid: {"grid": grid}) | LISTS.map(lambda points: {"list": points}))
def test_a_run_has_what_its_point_says_and_else_what_all_have(body):
    for member in asked({"base": BASE, **body}):
        for path, value in member.point.items():
            assert reads(member.spec, path) is value
            assert at(body, member.where[path], path) is value
            assert member.written(path) == member.where[path]
            assert member.written(f"{path}.0") == f"{member.where[path]}.0"
        assert member.spec["n"] == 8
        assert member.spec["update"]["momentum"] == 0.5
        assert member.spec["name"].startswith("mine")
        assert len(member.spec["name"]) <= 200
        assert member.written("n") == "base.n"
    assert BASE == {"n": 8, "name": "mine", "update": {"rule": "sgd", "momentum": 0.5}}


def test_a_whole_field_is_put_before_what_is_within_it():
    (member,) = asked({"list": [{"update.lr": 1, "update": {"rule": "adam", "lr": 2, "beta1": 0}}]})
    assert member.spec["update"] == {"rule": "adam", "lr": 1, "beta1": 0}
    assert member.written("update.lr") == "list.0.update.lr"
    assert member.written("update.beta1") == "list.0.update.beta1"
    (member,) = asked({"grid": {"update": [{"rule": "adam"}], "update.lr": [1]}})
    assert member.written("update.lr") == "grid.update.lr.0"
    assert member.written("update.beta1") == "grid.update.0.beta1"


def test_what_leads_nowhere_is_named_as_it_was_written():
    (member,) = asked({"base": {"n": 4, "update": 3}, "grid": {"n.x": [1], "update.lr": [2]}})
    assert member.spec == {"n": 4, "update": 3, "n.x": 1}
    assert member.written("n.x") == "grid.n.x.0"
    assert member.written("update") == "base.update"
    assert member.written("") == "base"


def drawn(count: int = 50, seed: int = 0, base: Any = None, **fields: Any) -> list[Any]:
    """The points of a random sweep; a dot in a field's name is written as __."""
    named = {name.replace("__", "."): values for name, values in fields.items()}
    body = {"count": count, "seed": seed, "fields": named}
    return [member.point for member in asked({"base": base or {}, "random": body})]


@given(ENDS, st.integers(0, 2**53 - 1))
def test_what_is_drawn_lies_between_the_ends(ends, seed):
    low, high = ends
    for point in drawn(5, seed, pace={"low": low, "high": high}):
        assert low <= point["pace"] <= high


@given(ENDS, st.booleans(), st.integers(0, 2**53 - 1))
def test_whole_numbers_stay_whole(ends, log, seed):
    low, high = ends
    assume(math.ceil(low) <= math.floor(high) and (low > 0 or not log))
    for point in drawn(5, seed, hidden={"low": low, "high": high, "log": log}):
        assert type(point["hidden"]) is int
        assert low <= point["hidden"] <= high


def test_the_ends_may_be_as_far_as_numbers_go():
    far = [(5e-324, 1.7976931348623157e308), (1.7976931348623157e308,) * 2, (5e-324,) * 2]
    for low, high in far:
        for log in (False, True):
            for path in ("pace", "n"):
                if path == "n" and high < 1:
                    continue
                for point in drawn(50, **{path: {"low": low, "high": high, "log": log}}):
                    assert low <= point[path] <= high


@given(st.floats(1e-300, 1e300), st.floats(1, 1e6), st.integers(0, 2**53 - 1))
def test_with_log_it_is_the_logarithm_that_is_drawn(low, factor, seed):
    high = min(low * factor, 1e300)
    twin = random.Random(seed)
    for point in drawn(5, seed, update__lr={"low": low, "high": high, "log": True}):
        due = low * (high / low) ** twin.random()
        assert low <= point["update.lr"] <= high
        assert point["update.lr"] == pytest.approx(due, rel=1e-9)


def test_anyone_can_draw_the_same_again():
    relus = ["clamp", "where", "mask"]
    fields = {"relu": relus, "pace": {"low": 2, "high": 4}, "n": {"low": 10, "high": 19}}
    twin = random.Random(7)
    due = []
    for _ in range(50):
        shares = [twin.random() for _ in fields]
        due.append(
            {
                "relu": relus[math.floor(3 * shares[0])],
                "pace": pytest.approx(2 + 2 * shares[1]),
                "n": math.floor(10 + 10 * shares[2]),
            }
        )
    assert drawn(50, 7, **fields) == due
    assert drawn(50, 8, **fields) != due
    assert {point["n"] for point in drawn(200, **fields)} == set(range(10, 20))


def test_whether_a_hyperparameter_is_whole_is_its_rules_affair():
    """`other` is no rule, and is refused when the spec is looked at."""
    steps = {"low": 3, "high": 4}
    for rule in ({"rule": "sgd"}, {"rule": "other"}, {}, 3):
        point = drawn(1, base={"update": rule}, update__lr=steps)[0]
        assert type(point["update.lr"]) is float


def test_a_sweep_of_rules_draws_for_the_rule_that_was_drawn(monkeypatch):
    from reluscope.training.rules import RULES, Rule  # noqa: PLC0415

    class Counting(Rule):
        rule: str = "counting"
        lr: int = 1

    monkeypatch.setitem(RULES, "counting", Counting)
    points = drawn(30, update__lr={"low": 1, "high": 9}, update__rule=["sgd", "counting"])
    kinds = {(point["update.rule"], type(point["update.lr"])) for point in points}
    assert kinds == {("sgd", float), ("counting", int)}
    rules = [{"rule": "sgd"}, {"rule": "counting"}]
    points = drawn(30, update=rules, update__lr={"low": 1, "high": 9})
    kinds = {(point["update"]["rule"], type(point["update.lr"])) for point in points}
    assert kinds == {("sgd", float), ("counting", int)}


def test_where_no_whole_number_lies_between_none_is_drawn():
    with pytest.raises(CannotDraw, match="no whole number") as raised:
        drawn(n={"low": 1.2, "high": 1.8})
    assert raised.value.path == "n"


WRONG = [
    ({}, ()),
    ({"grid": {}, "list": [{}]}, ()),
    ({"base": 3, "grid": {}}, ("base",)),
    ({"grid": {"relu": []}}, ("grid", "relu")),
    ({"grid": {"relu": "clamp"}}, ("grid", "relu")),
    ({"list": []}, ("list",)),
    ({"list": [3]}, ("list", 0)),
    ({"random": {"fields": {}}}, ("random", "count")),
    ({"random": {"count": 0, "fields": {}}}, ("random", "count")),
    ({"random": {"count": 1, "seed": -1, "fields": {}}}, ("random", "seed")),
]
WRONG += [
    ({"random": {"count": 1, "fields": {"pace": one}}}, ("random", "fields", "pace", *place))
    for one, place in [
        ([], ()),
        (3, ()),
        ({"low": 1}, ()),
        ({"low": 2, "high": 1}, ("high",)),
        ({"low": 0, "high": 1, "log": True}, ()),
        ({"low": 0, "high": math.inf}, ("high",)),
        ({"low": 0, "high": 10**400}, ("high",)),
        ({"low": 0, "high": 1, "step": 1}, ("step",)),
    ]
]


@pytest.mark.parametrize(("body", "place"), WRONG, ids=lambda part: str(part)[:50])
def test_what_is_no_sweep_is_told(body, place):
    with pytest.raises(ValidationError) as raised:
        SweepSpec.model_validate(body)
    assert [error["loc"] for error in raised.value.errors()] == [place]


def test_more_runs_than_could_ever_be_are_counted_and_not_made():
    assert SweepSpec.model_validate({"random": {"count": 10**30, "fields": {}}}).count == 10**30
    many = {"grid": {path: list(range(10_000)) for path in ("seed", "n", "d_in", "hidden")}}
    assert SweepSpec.model_validate(many).count == 10**16


def test_a_run_is_called_by_its_sweep_and_by_what_it_alone_has():
    point = {"update.rule": "adam", "update.lr": 1e-6, "seed": 3, "update.nesterov": True}
    assert label(point) == "adam · lr 1e-6 · seed 3 · true"
    numbers = [1e-7, 64, 1_000_000, 1000, 0.1, 3.1622776601683795e-6, 0, -1.5, 1e22, math.inf]
    told = [label({"n": number}).removeprefix("n ") for number in numbers]
    assert told == ["1e-7", "64", "1e6", "1000", "0.1", "3.16228e-6", "0", "-1.5", "1e22", "inf"]
    assert label({"tags": ["a", "b"], "pace": None}) == '["a", "b"] · null'
    assert named("mine", "") == "mine"
    assert named(None, "seed 3") is None
    assert len(named("mine", "x" * 300)) == 200
    assert named("x" * 201, "seed 3") == "x" * 201  # which is refused
    (own,) = asked({"base": BASE, "grid": {"name": ["its own"]}})
    assert own.spec["name"] == "its own"


def test_the_fields_of_a_sweep_are_those_of_all_points():
    assert fields_of([{"a": 1}, {"b": 2, "a": 3}, {}]) == ["a", "b"]
    spec = RunSpec()
    assert value_at(spec, "update.lr") == 1e-6
    assert value_at(spec, "update")["rule"] == "sgd"
    assert [value_at(spec, path) for path in ("hidden", "update.beta1", "x")] == [100, None, None]
