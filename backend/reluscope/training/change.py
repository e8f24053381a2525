"""What may change on a run's way, and what cannot: the problem that it was posed."""

from typing import NamedTuple

from ..errors import FieldError, InvalidFields
from .spec import RunSpec

SWITCHABLE = ("relu", "update", "gradients")
"""The fields of a spec that decide a curve and may be others from some iteration on."""

KEPT = ("n", "d_in", "hidden", "d_out", "seed", "dtype", "device", "diagnostics_every")
"""Those that pose the problem; and how often diagnostics are measured, since a trace has their rows
at equal distances."""


class Change(NamedTuple):
    """What a run is asked to do from some iteration on."""

    iteration: int
    """The first that it holds for."""
    spec: RunSpec
    """The whole spec that is in force from there."""


def check_change(before: RunSpec, after: RunSpec) -> None:
    """Raises InvalidFields where `after` cannot follow `before` on the way, naming each field."""
    wrong = [
        FieldError(
            name,
            f"this cannot change on the way: expected {getattr(before, name)}",
            getattr(after, name),
            [getattr(before, name)],
        )
        for name in KEPT
        if getattr(before, name) != getattr(after, name)
    ]
    if wrong:
        raise InvalidFields(wrong)
