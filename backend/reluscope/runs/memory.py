"""Memory: what runs may take of each device, so that one run too many is refused and no run dies."""

from collections.abc import Iterable

from ..errors import FieldError, InvalidFields, NoRoom
from ..training.devices import canonical, free_bytes
from .run import Run

SHARE = 0.75
"""The share of what is free on a device when it is first asked for that runs may take together."""

SIZES = ("n", "d_in", "hidden", "d_out")


class Memory:
    """The budget of each device, in bytes."""

    def __init__(self, cpu_bytes: int | None) -> None:
        """`cpu_bytes`: the CPU's budget; None for a share of what is free now."""
        self._budgets = {"cpu": int(SHARE * free_bytes("cpu")) if cpu_bytes is None else cpu_bytes}

    def budget(self, device: str) -> int:
        """What runs may take on `device` together."""
        name = canonical(device)
        if name not in self._budgets:
            self._budgets[name] = int(SHARE * free_bytes(name))
        return self._budgets[name]

    def check(self, run: Run, others: Iterable[Run]) -> None:
        """Whether there is room for `run` beside `others`, on its device and for its curve.

        Raises InvalidFields where there could never be, and NoRoom where there is not now.
        """
        others = list(others)
        for device in {"cpu", canonical(run.spec.device)}:
            need, budget = run.bytes_on(device), self.budget(device)
            if need > budget:
                raise InvalidFields([_too_large(run, device, need, budget)])
            taken = sum(other.bytes_on(device) for other in others)
            if taken + need > budget:
                raise NoRoom(
                    f"this run needs {need:,} bytes on {device}, and {taken:,} of {budget:,} are "
                    "taken; wait for a run to end, or delete some"
                )


def _too_large(run: Run, device: str, need: int, budget: int) -> FieldError:
    """Said of the largest of the sizes, or of the length where the curve alone is too large."""
    spec = run.spec
    field = "iterations"
    if spec.trace_bytes() <= budget:
        field = max(SIZES, key=lambda name: getattr(spec, name))
    message = f"such a run needs {need:,} bytes; {budget:,} may be used on {device}"
    return FieldError(field, message, getattr(spec, field), {"memory_bytes": budget})
