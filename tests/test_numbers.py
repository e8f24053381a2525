import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope import numbers


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.1, 0.1),
        (-0.0, -0.0),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
    ],
)
def test_a_number_is_told_as_it_is(value, told):
    assert str(numbers.tell(value)) == str(told)


@given(st.lists(st.floats()))
def test_an_array_comes_through_json_to_its_last_bit(values):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbers, "PIECE", 3)
        told = json.loads(numbers.tell_all(np.array(values)), parse_constant=pytest.fail)
    found = np.array([float(value) for value in told])
    assert np.array_equal(found, np.array(values), equal_nan=True)
    assert np.array_equal(np.signbit(found), np.signbit(values)) or np.isnan(values).any()


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats()
JSON = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner)
)


@given(JSON)
def test_whatever_holds_numbers_can_be_told_in_json(value):
    told = numbers.tell_within(value)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert repr(told) == repr(value) or "nan" in repr(value) or "inf" in repr(value)


def test_numbers_are_told_by_name_however_deep_they_are():
    assert numbers.tell_within({"a": [math.inf, {"b": [-math.inf]}], "c": math.nan}) == {
        "a": ["Infinity", {"b": ["-Infinity"]}],
        "c": "NaN",
    }
