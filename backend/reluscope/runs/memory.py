"""Memory: what runs may take of each device, so that one run too many is refused and no run dies."""

import contextlib
import ctypes
from collections import Counter

from ..errors import FieldError, InvalidFields, NoRoom
from ..training.devices import devices, free_bytes
from ..training.spec import RunSpec
from .run import Run

SHARE = 0.75
"""The share of what is free on a device at the start that runs may take together."""

MUCH_BYTES = 64 * 2**20
"""What is worth the time to give it back."""

SIZES = ("n", "d_in", "hidden", "d_out")


def limit_name(device: str) -> str:
    """What the budget of a device is called among the limits."""
    return "memory_bytes" if device == "cpu" else f"memory_bytes.{device}"


class Memory:
    """The budget of each device and what runs hold of it, in bytes."""

    def __init__(self, cpu_bytes: int | None) -> None:
        """`cpu_bytes`: the CPU's budget; None for a share of what is free now."""
        self.budgets = {d.name: int(SHARE * free_bytes(d.name)) for d in devices()}
        if cpu_bytes is not None:
            self.budgets["cpu"] = cpu_bytes
        self._held: Counter[str] = Counter()
        self._let_go = 0

    def check(self, *runs: Run) -> None:
        """Whether there is room for all of `runs`, on their devices and for their curves.

        Raises InvalidFields where there could never be for one of them, and NoRoom where there is
        not for all of them now.
        """
        needs = Counter[str]()
        for run in runs:
            self.check_ever(run)
            needs.update(run.wants())
        for device, need in needs.items():
            budget, held = self.budgets[device], self._held[device]
            if held + need > budget:
                what = "this run needs" if len(runs) == 1 else f"these {len(runs)} runs need"
                raise NoRoom(
                    f"{what} {need:,} bytes on {device}, and {held:,} of {budget:,} are taken; wait "
                    "for a run to end, or delete some",
                    (limit_name(device), budget),
                )

    def check_ever(self, run: Run) -> None:
        """Raises InvalidFields where there could never be room for `run`, were it alone."""
        for device, need in run.wants().items():
            if need > (budget := self.budgets[device]):
                raise InvalidFields([_too_large(run.spec, device, need, budget)])

    def held(self, device: str) -> int:
        """What runs hold of a device, in bytes. Any thread may ask."""
        return self._held[device]

    def note(self, run: Run) -> None:
        """Set aside what `run` needs from now on, and no more."""
        before = run.held
        self._held.subtract(before)
        run.held = run.needs()
        self._held.update(run.held)
        self._let_go += max(0, before.get("cpu", 0) - run.held.get("cpu", 0))

    def give_back(self) -> None:
        """Have what runs have let go of be the system's again, where that is much. By itself glibc
        keeps it for the same threads, and for as much as is wanted in the same sizes. Any thread may
        call it, with nothing that others wait for: 1 GB takes 0.06 s."""
        if self._let_go >= MUCH_BYTES:
            self._let_go = 0
            _trim()


def _too_large(spec: RunSpec, device: str, need: int, budget: int) -> FieldError:
    """Said of the largest of the sizes, or of the length where the curve alone is too large."""
    field = "iterations"
    if spec.trace_bytes() <= budget:
        field = max(SIZES, key=lambda name: getattr(spec, name))
    limit = (limit_name(device), budget)
    message = f"such a run needs {need:,} bytes; {budget:,} may be used on {device}"
    return FieldError(field, message, getattr(spec, field), {"memory_bytes": budget}, limit)


def _trim() -> None:
    with contextlib.suppress(OSError, AttributeError, TypeError):  # it is another C library
        ctypes.CDLL(None).malloc_trim(0)
