"""Why two curves part, or do not, as far as that is known: from the specs, the environments and
what was changed on the way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..training.change import SWITCHABLE, Change
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
    """One of the two runs: the spec that it began with, what became of that on its way, in order,
    and the environment once it has one."""

    @property
    def spec(self) -> RunSpec: ...
    @property
    def changes(self) -> Sequence[Change]: ...
    @property
    def environment(self) -> Mapping[str, str | int | bool] | None: ...


def why(found: Comparison, first: Side, second: Side) -> str:
    """What explains `found`, in a sentence or two that claim no more than is known; the two are
    called a and b."""
    if not found.compared:
        return "There is nothing to compare: no iteration is there in both."
    last = found.compared - 1 if found.first_difference is None else found.first_difference
    a, b = _Way.of(first, last), _Way.of(second, last)
    reasons = [*_of_specs(a.spec, b.spec), *_of_environments(a, b), *_of_changes(a, b)]
    if not reasons and found.equal:
        both = ", and what was changed on the way," if a.changes else ""
        return f"The two specs{both} decide the same curve."
    if not reasons:
        return "Nothing that decides a curve differs between the two: they should not part."
    told = "; ".join(reasons)
    if not found.equal:
        return f"What differs: {told}."
    remark = ""
    if len(_slopes(a.spec, b.spec)) > 1:
        remark = " No h was exactly 0 so far, or it made no difference."
    return f"Equal so far, although {told}.{remark}"


@dataclass(frozen=True)
class _Way:
    """A side as it was trained: what was changed before the first iteration is of its spec, and what
    another change at the same iteration undid, or what changed nothing, is left out."""

    spec: RunSpec
    changes: Sequence[Change]
    environment: Mapping[str, str | int | bool] | None

    @staticmethod
    def of(side: Side, last: int) -> "_Way":
        """As far as iteration `last`: a later change explains nothing that was seen."""
        specs = {0: side.spec}
        specs |= {at: spec for at, spec in side.changes if at <= last}
        begun = before = specs.pop(0)
        changes = []
        for at, spec in specs.items():
            if _switched(before, spec):
                changes.append(Change(at, spec))
            before = spec
        return _Way(begun, changes, side.environment)

    def fields(self, number: int) -> list[str]:
        """What the change of that number changed, as people call it."""
        before = self.changes[number - 1].spec if number else self.spec
        after = self.changes[number].spec
        kept_rule = before.update.rule == after.update.rule
        labels = {"update": "the hyperparameters" if kept_rule else LABELS["rule"], **LABELS}
        return [labels[name] for name in _switched(before, after)]


def _switched(before: RunSpec, after: RunSpec) -> list[str]:
    return [name for name in SWITCHABLE if getattr(before, name) != getattr(after, name)]


def _of_changes(a: _Way, b: _Way) -> Iterator[str]:
    """Where the two first were changed otherwise."""
    alike = 0
    for mine, its in zip(a.changes, b.changes, strict=False):
        if mine.iteration != its.iteration or _switched(mine.spec, its.spec):
            break
        alike += 1
    for name, side in (("a", a), ("b", b)):
        if alike < len(side.changes):
            fields = side.fields(alike)
            were = "were" if len(fields) > 1 or fields[0].endswith("s") else "was"
            at = side.changes[alike].iteration
            yield f"{' and '.join(fields)} of {name} {were} changed at iteration {at}"


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


def _of_environments(a: _Way, b: _Way) -> Iterator[str]:
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
