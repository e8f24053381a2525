"""How much one address may have: so many tries of a token, so many writes, so many sockets."""

import ipaddress
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from ...errors import Limit

MAX_ADDRESSES = 10_000
"""Addresses that are remembered; the one that was heard of least lately is forgotten first."""

IPV6_BITS = 64
"""Of an IPv6 address, those that one household or one machine has for itself."""


def address_of(scope: Mapping[str, Any]) -> str:
    """Whose allowance a request is at the expense of. All who come by a Unix socket have one."""
    client = scope.get("client")
    if not client:
        return ""
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return str(client[0])
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_BITS), strict=False))


class Allowance:
    """So many at once for each address, and then so many a second."""

    def __init__(
        self, burst: float, per_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._per_s = per_s
        self._clock = clock
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What each address has used of its burst, and when that was."""

    def wait_s(self, address: str) -> int:
        """Whole seconds until that address may have one more; 0 where it may now."""
        over = self._used(address) + 1 - self._burst
        return max(0, math.ceil(over / self._per_s))

    def take(self, address: str) -> None:
        """It has one more."""
        self._spent[address] = (self._used(address) + 1, self._clock())
        self._spent.move_to_end(address)
        if len(self._spent) > MAX_ADDRESSES:
            self._spent.popitem(last=False)

    def _used(self, address: str) -> float:
        used, at = self._spent.get(address, (0.0, 0.0))
        return max(0.0, used - (self._clock() - at) * self._per_s)


class Sockets:
    """Sockets that are open, in all and by address."""

    def __init__(self, most: int, most_per_address: int) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._open: Counter[str] = Counter()
        self._total = 0

    def full(self, address: str) -> Limit | None:
        """The limit that forbids one more."""
        if self._total >= self._most:
            return "sockets", self._most
        if self._open[address] >= self._most_per_address:
            return "sockets_per_address", self._most_per_address
        return None

    def enter(self, address: str) -> None:
        """One more is open."""
        self._open[address] += 1
        self._total += 1

    def leave(self, address: str) -> None:
        """One is closed."""
        self._open[address] -= 1
        self._total -= 1
        if not self._open[address]:
            del self._open[address]
