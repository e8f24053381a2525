"""From JSON to typed values."""

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainValidator, TypeAdapter, ValidationError

from .errors import BadAnswer

T = TypeVar("T")


def _floats(told: Iterable[float | str]) -> NDArray[np.float64]:
    return np.array([float(number) for number in told], np.float64)


def _ints(told: Iterable[int]) -> NDArray[np.int64]:
    return np.array([int(number) for number in told], np.int64)


Floats = Annotated[NDArray[np.float64], PlainValidator(_floats)]
"""Numbers of JSON, those that are not finite by name."""

Ints = Annotated[NDArray[np.int64], PlainValidator(_ints)]


def read(kind: type[T], told: object) -> T:
    """A value of one of these kinds from what the server told in JSON. What it tells beyond that, as
    a later version may, is left out.

    Raises BadAnswer where it tells something else.
    """
    try:
        value: T = _ADAPTERS[kind].validate_python(told)
    except ValidationError as error:
        raise BadAnswer(
            f"the server tells no {kind.__name__} as this client knows it: {error}"
        ) from None
    return value


class _Adapters(dict[Any, TypeAdapter[Any]]):
    """Each made when it is first needed."""

    def __missing__(self, kind: Any) -> TypeAdapter[Any]:
        made = self[kind] = TypeAdapter(kind)
        return made


_ADAPTERS = _Adapters()
