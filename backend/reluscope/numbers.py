"""How a number that is not finite is told in JSON: as "NaN", "Infinity" or "-Infinity".

JSON has no word for them, and null would be a lie.
"""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema


def tell(value: float) -> float | str:
    """The JSON value of one number."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def tell_within(value: object) -> object:
    """The same for every number within lists and dicts, however deep."""
    if isinstance(value, dict):
        return {name: tell_within(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [tell_within(inner) for inner in value]
    return tell(value) if isinstance(value, float) else value


PIECE = 10_000
"""Values that are told at a stretch, which takes 4 ms; between two stretches others get the GIL."""


def tell_all(values: NDArray[np.float64]) -> str:
    """The JSON array of a one-dimensional float64 array, each value to its last bit."""
    return "".join(tell_pieces(in_pieces(values)))


def in_pieces(values: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """A one-dimensional array, `PIECE` values at a time."""
    return (values[at : at + PIECE] for at in range(0, len(values), PIECE))


def tell_pieces(pieces: Iterable[NDArray[np.float64]]) -> Iterator[str]:
    """The same, of an array that comes in pieces, none of which is empty, as it comes."""
    begin = "["
    for values in pieces:
        yield begin + _tell_piece(values)
        begin = ","
    yield "]" if begin == "," else "[]"


def _tell_piece(values: NDArray[np.float64]) -> str:
    numbers: list[float | str] = values.tolist()
    if not np.isfinite(values).all():
        numbers = [tell(float(number)) for number in numbers]
    return json.dumps(numbers, separators=(",", ":"))[1:-1]


Number = Annotated[
    float,
    PlainSerializer(tell),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]},
    ),
]
"""A float64 in a JSON model, told as it is."""

MAX_EXACT = 2.0**53
"""Up to there, a float64 holds every integer."""


def _whole(value: object) -> object:
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT
    return int(value) if is_whole else value  # type: ignore[call-overload]


WHOLE = BeforeValidator(_whole)
"""For an integer in a JSON model, after its bounds. JSON has one kind of numbers, and so 64.0 is an
integer, too."""
