"""How a number that is not finite is told in JSON: as "NaN", "Infinity" or "-Infinity".

JSON has no word for them, and null would be a lie.
"""

import json
import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, WithJsonSchema


def tell(value: float) -> float | str:
    """The JSON value of one number."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def tell_all(values: NDArray[np.float64]) -> str:
    """The JSON array of a one-dimensional float64 array, each value to its last bit."""
    numbers: list[float] = values.tolist()
    if np.isfinite(values).all():
        return json.dumps(numbers, separators=(",", ":"))
    return json.dumps([tell(number) for number in numbers], separators=(",", ":"))


Number = Annotated[
    float,
    PlainSerializer(tell),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]},
    ),
]
"""A float64 in a JSON model, told as it is."""
