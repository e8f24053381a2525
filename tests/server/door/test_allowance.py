"""How much one address may have."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.server.door import allowance
from reluscope.server.door.allowance import Allowance, Sockets, address_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 5), "192.0.2.7"),
        (("::ffff:192.0.2.7", 5), "192.0.2.7"),
        (("2001:db8:0:1::5", 5), "2001:db8:0:1::/64"),
        (("2001:db8:0:1:ffff::", 5), "2001:db8:0:1::/64"),
        (("fe80::1%eth0", 5), "fe80::/64"),
        (("", 0), ""),
        (None, ""),
    ],
)
def test_an_address_is_that_of_a_household(client: Any, address: str) -> None:
    assert address_of({"client": client}) == address


@given(
    st.integers(1, 20),
    st.sampled_from([0.2, 1.0, 7.0, 200.0]),
    st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 3)), max_size=60),
)
def test_nobody_has_more_than_the_burst_and_the_rate(
    burst: int, per_s: float, tries: list[tuple[str, float]]
) -> None:
    clock = Clock()
    allowed = Allowance(burst, per_s, clock)
    had: dict[str, int] = {"a": 0, "b": 0}
    for address, after_s in tries:
        clock.now += after_s
        if wait_s := allowed.wait_s(address):
            clock.now += wait_s
            assert not allowed.wait_s(address), "what it is told to wait is enough"
        allowed.take(address)
        had[address] += 1
        assert had[address] <= burst + clock.now * per_s + 1e-6


def test_one_address_does_not_wait_for_another() -> None:
    allowed = Allowance(1, 0.1, Clock())
    allowed.take("a")
    assert (allowed.wait_s("a"), allowed.wait_s("b")) == (10, 0)


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "MAX_ADDRESSES", 3)
    allowed = Allowance(1, 0.1, Clock())
    for address in "abcad":
        allowed.take(address)
    assert [bool(allowed.wait_s(address)) for address in "abcd"] == [True, False, True, True]


def test_sockets_are_counted_in_all_and_by_address() -> None:
    sockets = Sockets(3, 2)
    for address in "aab":
        assert sockets.full(address) is None
        sockets.enter(address)
    assert sockets.full("b") == ("sockets", 3)
    sockets.leave("b")
    assert sockets.full("a") == ("sockets_per_address", 2)
    assert sockets.full("b") is None
    sockets.leave("a")
    assert sockets.full("a") is None
