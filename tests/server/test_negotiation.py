import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.server.negotiation import preferred

OFFERED = ["application/json", "text/csv", "application/x-npy"]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        (BROWSER, "application/json"),
        ("text/csv", "text/csv"),
        ("Text/CSV", "text/csv"),
        ("text/*", "text/csv"),
        ("text/csv;header=present", "text/csv"),
        ("application/*", "application/json"),
        ("text/csv, application/json", "application/json"),
        ("text/csv, application/json;q=0.9", "text/csv"),
        ("text/csv;q=0.1, */*;q=0.2", "application/json"),
        ("application/json;q=0, */*", "text/csv"),
        ("application/*;q=0.5, application/x-npy", "application/x-npy"),
        ("*/*;q=0.5, text/*;q=0.4, application/json;q=0.3", "application/x-npy"),
        (" text/csv ; q = 1.000 ", "text/csv"),
        ("nonsense, text/csv;q=0.5", "text/csv"),
        ("text/csv;q=2, application/x-npy;q=0.1", "application/x-npy"),
    ],
)
def test_what_is_preferred_is_chosen(accept, chosen):
    assert preferred(accept, OFFERED) == chosen


@pytest.mark.parametrize(
    "accept", ["image/png", "*/*;q=0", "text/csv;q=0.0", "*", "json", ",", "text/csv;q=nan"]
)
def test_where_nothing_fits_nothing_is_chosen(accept):
    assert preferred(accept, OFFERED) is None


PARTS = st.sampled_from([*OFFERED, "*/*", "text/*", ";q=0.5", ";q=0", ",", ";", "=", " ", "q", "é"])


@given(st.lists(PARTS, max_size=12).map("".join) | st.text())
def test_no_header_is_an_error(accept):
    assert preferred(accept, OFFERED) in (*OFFERED, None)
