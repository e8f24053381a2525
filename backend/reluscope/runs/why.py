"""Why two curves part, or do not, as far as that is known: from the specs, the environments and
what was changed on the way."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from ..training.checks import UnfitRelu, slope_at_zero
from ..training.devices import FLAGS, canonical
from ..training.relus import RELUS
from ..training.spec import RunSpec
from .compare import Comparison

DECIDE_NO_CURVE = frozenset(
    {"name", "tags", "iterations", "pace", "on_nonfinite", "diagnostics_every"}
)
"""The fields of a spec that say what a run is called, how fast it goes and how far."""

ENVIRONMENT = (
    *("torch", "device", "threads", "cpu_capability", "deterministic"),
    *("float32_matmul_precision", "cuda", "compute_capability", "tf32", *FLAGS),
)
"""What of an environment may decide bits."""

LABELS = {
    "relu": "the ReLU",
    "rule": "the update rule",
    "gradients": "the way to the gradients",
    "seed": "the seed",
    "dtype": "the data type",
    "device": "the device",
    "threads": "the number of threads",
    "cpu_capability": "the CPU capability",
}
"""What is called otherwise in a sentence than in a spec or an environment."""


class Side(Protocol):
    """One of the two runs: its spec, and the environment once it has one."""

    @property
    def spec(self) -> RunSpec: ...
    @property
    def environment(self) -> Mapping[str, str | int | bool] | None: ...


def why(
    found: Comparison,
    a: Side,
    b: Side,
    *,
    changes_a: int | None = None,
    changes_b: int | None = None,
) -> str:
    """What explains `found`, in a sentence or two that claim no more than is known.

    `changes_a` and `changes_b`: at which iteration the hyperparameters of a run were first changed
    by hand, None where they were not.
    """
    if not found.compared:
        return "There is nothing to compare: no iteration is there in both."
    last = found.compared - 1 if found.first_difference is None else found.first_difference
    changes = [
        f"the hyperparameters of {side} were changed at iteration {at}"
        for side, at in (("a", changes_a), ("b", changes_b))
        if at is not None and at <= last  # a later change explains nothing that was seen
    ]
    reasons = [*_of_specs(a.spec, b.spec), *_of_environments(a, b), *changes]
    if not reasons and found.equal:
        return "The two specs decide the same curve."
    if not reasons:
        return "Nothing that decides a curve differs between the two: they should not part."
    told = "; ".join(reasons)
    if not found.equal:
        return f"What differs: {told}."
    remark = ""
    if len(_slopes(a.spec, b.spec)) > 1:
        remark = " No h was exactly 0 so far, or it made no difference."
    return f"Equal so far, although {told}.{remark}"


def _of_specs(a: RunSpec, b: RunSpec) -> Iterator[str]:
    """What decides a curve and differs; a field that is new in a spec is taken to decide it."""
    for field in RunSpec.model_fields:
        if field in DECIDE_NO_CURVE or getattr(a, field) == getattr(b, field):
            continue
        if field == "update":
            yield from _of_updates(a, b)
        elif field != "device" or _other_device(a, b):
            yield _told(field, getattr(a, field), getattr(b, field)) + _remark(field, a, b)


def _of_updates(a: RunSpec, b: RunSpec) -> Iterator[str]:
    """The rule, and the hyperparameters that both have."""
    mine, its = a.update.model_dump(), b.update.model_dump()
    for name in mine:
        if name in its and mine[name] != its[name]:
            yield _told(name, mine[name], its[name])


def _of_environments(a: Side, b: Side) -> Iterator[str]:
    mine, its = a.environment or {}, b.environment or {}
    for name in ENVIRONMENT:
        if name == "device" and _other_device(a.spec, b.spec):
            continue  # said of the specs
        if name in mine and name in its and mine[name] != its[name]:
            yield _told(name, mine[name], its[name])


def _told(name: str, mine: object, its: object) -> str:
    a, b = ("not set" if value is None else value for value in (mine, its))
    return f"{LABELS.get(name, name)} is {a} in a and {b} in b"


def _remark(field: str, a: RunSpec, b: RunSpec) -> str:
    """What is known beyond the difference itself."""
    if field == "seed":
        return " (other data and start weights)"
    if field == "gradients" and "gram" in (a.gradients, b.gradients):
        return " (gram is the same mathematics in another rounding)"
    if field == "relu":
        slopes = [f"{slope:.6g}" for slope in _slopes(a, b)]
        if len(slopes) == 1:
            return f" (both have slope {slopes[0]} at 0)"
        if slopes:
            return f" ({a.relu} has slope {slopes[0]} at 0, {b.relu} {slopes[1]})"
    return ""


def _slopes(a: RunSpec, b: RunSpec) -> list[float]:
    """The slopes at 0 of the two ReLUs, measured on this torch: one where they share it, none where
    one cannot be measured, or is known here no longer."""
    try:
        slopes = [slope_at_zero(RELUS[spec.relu], spec.dtype) for spec in (a, b)]
    except (UnfitRelu, KeyError):
        return []
    return slopes[:1] if slopes[0] == slopes[1] else slopes


def _other_device(a: RunSpec, b: RunSpec) -> bool:
    return canonical(a.device) != canonical(b.device)
