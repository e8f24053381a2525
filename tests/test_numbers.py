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
