"""Sweep: many runs that are asked for at once, as what is the same in all of them and what is not.

Pure: what is asked for is told as specs that nobody has looked at yet, each with what it took from
where, so that whoever finds one wrong can name the field as it was written.
"""

import itertools
import json
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SkipValidation,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ..numbers import WHOLE
from ..training.rules import RULES, Sgd
from ..training.spec import MAX_SEED, RunSpec

MAX_FIELDS = 50
"""Fields that differ from run to run: more than a spec has, with those of its rule."""

MAX_PATH = 100
"""Characters of a field's path: more than any has."""

MAX_NAME = 200
"""Characters of a run's name."""

DIGITS = 6
"""Of a number that is no whole one, as a label has it."""

RULE = "update.rule"

Point = dict[str, Any]
"""What is asked for in one run alone, by the paths of its spec's fields, such as `update.lr`."""

FieldPath = Annotated[str, Field(max_length=MAX_PATH)]

Values = Annotated[list[Any], Field(min_length=1)]

_PATHS = {
    "propertyNames": {
        "enum": list(
            dict.fromkeys(
                [*RunSpec.model_fields]
                + [f"update.{name}" for rule in RULES.values() for name in rule.model_fields]
            )
        )
    }
}
"""What may stand for a field of a spec."""


def _listed(value: object) -> object:
    """Values as a list stand for what they are of several."""
    if value == []:
        raise PydanticCustomError("range", "expected one value at least")
    return {"values": value} if isinstance(value, list) else value


class Range(BaseModel):
    """What a field is drawn from: `values`, which are as likely each; or all between `low` and `high`.
    A field that takes whole numbers alone gets such. `log`: each factor is as likely as another."""

    model_config = ConfigDict(extra="forbid", strict=True)

    values: Values | None = None
    low: Annotated[float | None, Field(allow_inf_nan=False)] = None
    high: Annotated[float | None, Field(allow_inf_nan=False)] = None
    log: bool = False

    @field_validator("high")
    @classmethod
    def _is_above(cls, high: float | None, info: ValidationInfo) -> float | None:
        low = info.data.get("low")
        if high is not None and low is not None and high < low:
            raise PydanticCustomError(
                "range", "expected at least low, {low}", {"low": low, "allowed": {"minimum": low}}
            )
        return high

    @model_validator(mode="after")
    def _is_one(self) -> "Range":
        given = (self.values is not None, self.low is not None, self.high is not None)
        if given not in ((True, False, False), (False, True, True)):
            raise PydanticCustomError("range", "expected a list of values, or low and high")
        if self.log and self.low is not None and self.low <= 0:
            raise PydanticCustomError("range", "with log, low must be above 0")
        return self

    def draw(self, share: float, *, whole: bool) -> Any:
        """The value at a share of the way, in [0, 1). `whole`: a whole number.

        Raises ValueError where no whole number lies between.
        """
        if self.values is not None:
            return self.values[int(share * len(self.values))]
        assert self.low is not None
        assert self.high is not None
        if not whole:
            return self._between(share, self.low, self.high)
        first, last = math.ceil(self.low), math.floor(self.high)
        if first > last:
            raise ValueError("no whole number lies between low and high")
        drawn = math.floor(self._between(share, float(first), last + 1.0))
        return min(max(drawn, first), last)

    def _between(self, share: float, low: float, high: float) -> float:
        rest = 1 - share
        value: float = low**rest * high**share if self.log else rest * low + share * high
        return min(max(value, low), high)  # what is rounded may lie a bit beyond


_RANGE_OR_LIST = {
    "anyOf": [
        {"type": "array", "items": {}, "minItems": 1},
        {
            "type": "object",
            "properties": {
                "low": {"type": "number"},
                "high": {"type": "number"},
                "log": {"type": "boolean", "default": False},
            },
            "required": ["low", "high"],
            "additionalProperties": False,
        },
    ]
}


class Random(BaseModel):
    """So many runs, with fields that are drawn. Of run after run, and of each in the order of its
    fields, one number u in [0, 1) is taken from Python's `random.Random(seed)`, the Mersenne
    Twister. It gives values[floor(u * length)]; or low + u * (high - low); or with `log`, low *
    (high / low)^u. Of a field that takes whole numbers, high + 1 takes the place of high, and what
    comes of it is rounded down."""

    model_config = ConfigDict(extra="forbid", strict=True)

    count: Annotated[int, Field(ge=1), WHOLE]
    seed: Annotated[int, Field(ge=0, le=MAX_SEED), WHOLE] = 0
    fields: Annotated[
        dict[
            FieldPath,
            Annotated[Range, BeforeValidator(_listed), WithJsonSchema(_RANGE_OR_LIST)],
        ],
        Field(max_length=MAX_FIELDS, json_schema_extra=_PATHS),
    ]

    def points(self, base: Mapping[str, Any]) -> Iterator[Point]:
        """The points, of which those that are whole numbers depend on the rule.

        Raises ValueError of a field and why it cannot be drawn.
        """
        shares = random.Random(self.seed)  # noqa: S311 - to be drawn again, and by anybody
        for _ in range(self.count):
            drawn = {path: shares.random() for path in self.fields}
            rule = self._rule(drawn, base)
            yield {path: self._draw(path, share, rule) for path, share in drawn.items()}

    def _rule(self, drawn: Mapping[str, float], base: Mapping[str, Any]) -> object:
        """The rule of a run for which these shares are drawn."""
        spec = dict(base)
        for path in ("update", RULE):
            if path in drawn:
                put(spec, path, self.fields[path].draw(drawn[path], whole=False))
        return _rule_of(spec)

    def _draw(self, path: str, share: float, rule: object) -> Any:
        try:
            return self.fields[path].draw(share, whole=_is_whole(path, rule))
        except ValueError as error:
            raise CannotDraw(path, str(error)) from None


class CannotDraw(ValueError):
    """A field of a random sweep for which there is no value."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(why)
        self.path = path


def _rule_of(base: Mapping[str, Any]) -> object:
    update = base.get("update")
    usual = Sgd.model_fields["rule"].default
    return update.get("rule", usual) if isinstance(update, Mapping) else usual


def _is_whole(path: str, rule: object) -> bool:
    """Whether a field takes whole numbers alone."""
    model: type[BaseModel] | None = RunSpec
    if path.startswith("update."):
        model, path = RULES.get(rule) if isinstance(rule, str) else None, path[len("update.") :]
    field = model.model_fields.get(path) if model else None
    return field is not None and field.annotation in (int, int | None)


def _object(value: object) -> object:
    if not isinstance(value, dict):
        raise PydanticCustomError("dict_type", "expected an object, with fields of a spec")
    return value


if TYPE_CHECKING:
    Fields = dict[str, Any]
else:
    Fields = Annotated[RunSpec, SkipValidation]  # looked at in each run: alone it may be none


class SweepSpec(BaseModel):
    """Runs to be made at once, all of them or none: `base` has what is the same in all, and one of
    the other three what is not. Fields are named by their paths, such as `relu` or `update.lr`.

    `grid`: a run for each combination of values, of which those of the first field change slowest.
    `random`: runs with values that are drawn. `list`: what each run has of its own."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "oneOf": [
                {"required": [way], "properties": {way: {"not": {"type": "null"}}}}
                for way in ("grid", "random", "list")
            ]
        },
    )

    base: Annotated[Fields, BeforeValidator(_object)] = {}
    grid: (
        Annotated[dict[FieldPath, Values], Field(max_length=MAX_FIELDS, json_schema_extra=_PATHS)]
        | None
    ) = None
    random: Random | None = None
    listed: Annotated[
        Annotated[
            list[
                Annotated[
                    dict[FieldPath, Any], Field(max_length=MAX_FIELDS, json_schema_extra=_PATHS)
                ]
            ],
            Field(min_length=1),
        ]
        | None,
        Field(alias="list"),
    ] = None

    @model_validator(mode="after")
    def _is_one(self) -> "SweepSpec":
        ways = {"grid": self.grid, "random": self.random, "list": self.listed}
        if sum(way is not None for way in ways.values()) != 1:
            raise PydanticCustomError("one_way", "expected exactly one of grid, random and list")
        return self

    @property
    def name(self) -> str | None:
        """What the sweep is called."""
        name = self.base.get("name")
        return name if isinstance(name, str) and 0 < len(name) <= MAX_NAME else None

    @property
    def count(self) -> int:
        """How many runs are asked for, without making any."""
        if self.random is not None:
            return self.random.count
        if self.grid is not None:
            return math.prod(map(len, self.grid.values()))
        return len(self.listed or ())

    def members(self) -> Iterator["Asked"]:
        """The runs, in order. Raises CannotDraw."""
        base = self.base
        if self.random is not None:
            for point in self.random.points(base):
                where = {path: f"random.fields.{path}" for path in point}
                yield Asked.of(base, point, where)
        elif self.grid is not None:
            for chosen in itertools.product(*(enumerate(v) for v in self.grid.values())):
                members = dict(zip(self.grid, chosen, strict=True))
                where = {path: f"grid.{path}.{place}" for path, (place, _) in members.items()}
                yield Asked.of(base, {path: value for path, (_, value) in members.items()}, where)
        else:
            for place, point in enumerate(self.listed or ()):
                yield Asked.of(base, point, {path: f"list.{place}.{path}" for path in point})


@dataclass(frozen=True)
class Asked:
    """One run of a sweep, as it is asked for."""

    spec: dict[str, Any]
    """The fields of its spec; nobody has looked at them yet."""
    point: Point
    where: Mapping[str, str]
    """Of each field of the point, how its sender wrote it, such as `grid.update.lr.2`."""

    @staticmethod
    def of(base: Mapping[str, Any], point: Point, where: Mapping[str, str]) -> "Asked":
        """Of what all runs have, and what this one has."""
        spec = dict(base)
        for path in sorted(point, key=lambda path: "." in path):  # update itself, and then its own
            put(spec, path, point[path])
        if (name := base.get("name")) and "name" not in point:
            spec["name"] = named(name, label(point))
        return Asked(spec, point, where)

    def written(self, field: str) -> str:
        """How the sender wrote a field of the spec."""
        for path in sorted(self.where, key=len, reverse=True):  # update.lr goes before update
            if field == path or field.startswith(f"{path}."):
                return self.where[path] + field[len(path) :]
        return f"base.{field}" if field else "base"


def put(spec: dict[str, Any], path: str, value: Any) -> None:
    """Put a value where its path leads, into what nobody else has. What leads nowhere is put under its
    own name, by which it is refused."""
    outer, _, inner = path.partition(".")
    if outer != "update" or not inner:
        spec[path] = value
    elif isinstance(update := spec.get("update", {}), dict):
        spec["update"] = {**update, inner: value}


def value_at(spec: RunSpec, path: str) -> Any:
    """What a spec has there; None where it has nothing of that name."""
    name, _, inner = path.partition(".")
    value = getattr(spec, name, None)
    if inner:
        return getattr(value, inner, None)
    return value.model_dump() if isinstance(value, BaseModel) else value


def named(name: Any, label: str) -> Any:
    """What a run is called whose sweep has a name. Where both are too long, the label is cut."""
    if not label or not isinstance(name, str) or len(name) > MAX_NAME:
        return name
    whole = f"{name} · {label}"
    return whole if len(whole) <= MAX_NAME else f"{whole[: MAX_NAME - 1]}…"


def label(point: Mapping[str, Any]) -> str:
    """What tells a run from the others of its sweep, such as `where · lr 1e-6`."""
    return " · ".join(_told(path, value) for path, value in point.items())


def _told(path: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{path.removeprefix('update.')} {_short(value)}"
    return json.dumps(value, ensure_ascii=False)


def _short(value: float) -> str:
    """A number, as short as it can be written."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        value = float(f"{value:.{DIGITS}g}")
    number = Decimal(str(value)).normalize()
    sign, digits, _ = number.as_tuple()
    mantissa = "".join(map(str, digits))
    mantissa = f"{mantissa[0]}.{mantissa[1:]}".rstrip(".")
    exponential = f"{'-' * sign}{mantissa}e{number.adjusted():+d}"
    plain = f"{number:f}"
    return (exponential if len(exponential) < len(plain) else plain).replace("e+", "e")


def fields_of(points: Iterable[Mapping[str, Any]]) -> Sequence[str]:
    """The paths of all points, each once, in the order in which they first come."""
    return list(dict.fromkeys(path for point in points for path in point))
