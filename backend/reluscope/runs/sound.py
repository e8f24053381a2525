"""Is a run whole that comes from elsewhere? What else in the house is taken for granted of one is
checked here: nothing that was written by a stranger may do harm later.
"""

import math
import uuid
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..training import checkpoint as checkpoints
from ..training.change import SWITCHABLE, check_change
from ..training.relus import RELUS
from ..training.spec import RunSpec
from ..training.unknown import UnknownRule, UnknownSpec
from .history import history
from .kept import Kept
from .trace import rows_before
from .view import Event, Member, RunView

LAST_SECOND = 253_402_300_799.0
"""The end of the year 9999, the last that a date can tell, in Unix seconds."""

MAX_NAME = 200
"""Characters of the name of a ReLU or a rule that is not known here; of a sweep, too."""

MAX_FIELDS = 100
"""Fields that a sweep may tell of: more than any spec has, with those of its rule."""

DECISIVE = (*SWITCHABLE, "on_nonfinite")
"""The fields whose past is done again."""

PAIR = 2
"""What a change tells: what was, and what is."""


def check_view(view: RunView) -> None:
    """Raises ValueError where a view is none of a run."""
    if str(uuid.UUID(view.id)) != view.id:
        raise ValueError("its id is no UUID as it is usually written")
    check_spec(view.spec)
    if not 0 <= view.iteration <= view.spec.iterations:
        raise ValueError(f"it has {view.iteration} iterations of {view.spec.iterations}")
    for name in ("created_at", "started_at", "ended_at"):
        at = getattr(view, name)
        if at is not None and not 0 <= at <= LAST_SECOND:
            raise ValueError(f"{name} is no time")
    if view.rate is not None and not (math.isfinite(view.rate) and view.rate >= 0):
        raise ValueError("its rate is none")
    if view.environment and not {"torch", "device"} <= view.environment.keys():
        raise ValueError("its environment tells no torch, or no device")
    _check_member(view.sweep)
    origin = view.forked_from
    if origin is not None:
        if str(uuid.UUID(origin.id)) != origin.id:
            raise ValueError("the id of its origin is no UUID as it is usually written")
        if not 0 <= origin.iteration <= view.spec.iterations:
            raise ValueError("it was forked outside of its iterations")


def _check_member(member: Member | None) -> None:
    if member is None:
        return
    if str(uuid.UUID(member.id)) != member.id:
        raise ValueError("the id of its sweep is no UUID as it is usually written")
    if member.place < 0:
        raise ValueError("its place in its sweep is none")
    if len(member.name or "") > MAX_NAME:
        raise ValueError("the name of its sweep is none")
    if len(member.point) > MAX_FIELDS or any(len(path) > MAX_NAME for path in member.point):
        raise ValueError("it tells of more fields of its sweep than a spec has")


def check_spec(spec: RunSpec) -> None:
    """Raises ValueError where another field than ReLU and rule is not what it must be: those two may
    be unknown here."""
    fields = {name: getattr(spec, name) for name in RunSpec.model_fields}
    for kind, name in (("ReLU", fields["relu"]), ("rule", spec.update.rule)):
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
            raise ValueError(f"the name of its {kind} is none")
    known = RunSpec()
    if fields["relu"] not in RELUS:
        fields["relu"] = known.relu
    unknown = isinstance(spec.update, UnknownRule)
    fields["update"] = (known.update if unknown else spec.update).model_dump()
    RunSpec.model_validate(fields)


def check_events(events: Sequence[Event], spec: RunSpec) -> None:
    """Raises ValueError where events cannot be those of a run with that spec now."""
    for event in events:
        if not 0 <= event.iteration <= spec.iterations:
            raise ValueError(f"an event is of iteration {event.iteration}")
        if not 0 <= event.at <= LAST_SECOND:
            raise ValueError("an event is of no time")
        for both in (event.changes or {}).values():
            if not isinstance(both, list) or len(both) != PAIR:
                raise ValueError("a change does not tell what was and what is")
    try:
        first, changes = history(spec, events, DECISIVE)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise ValueError("what was changed by hand does not fit its spec") from error
    for changed in (first, *(change.spec for change in changes)):
        check_spec(changed)


def check_marks(marks: NDArray[np.float64], iterations: int) -> None:
    """Raises ValueError where marks, (marks, 2), are not those of so many iterations."""
    done, at = marks[:, 0], marks[:, 1]
    if (done[-1] if len(done) else 0) != iterations:
        raise ValueError("the last mark is not of the last iteration")
    # So written that NaN, of which nothing is true, is refused.
    if not (np.all(done == np.floor(done)) and np.all(np.diff(done, prepend=0) > 0)):
        raise ValueError("the marks do not rise from iteration to iteration")
    if not (np.all(at >= 0) and np.all(at <= LAST_SECOND)):
        raise ValueError("a mark is of no time")


def check_curve(kept: Kept) -> None:
    """Raises ValueError where arrays do not belong together."""
    done, every = kept.view.iteration, kept.view.spec.diagnostics_every
    for name, values, due in (
        ("losses", kept.losses, done),
        ("rows of diagnostics", kept.rows, rows_before(done, every)),
    ):
        if len(values) != due:
            raise ValueError(f"it has {len(values)} {name}; {done} iterations have {due}")
    check_marks(kept.marks, done)


def check_checkpoint(data: bytes, view: RunView) -> None:
    """Raises ValueError where a checkpoint is none, or of another run."""
    try:
        spec, iteration = checkpoints.subject(data)
    except ValueError:
        if not isinstance(view.spec, UnknownSpec):
            raise
        return  # nor can it be read where the run goes on: as long as its rule is unknown
    check_change(view.spec, spec)
    if iteration > view.iteration:
        raise ValueError(f"its checkpoint is of iteration {iteration}, which it has not done")


def told_of(view: RunView, losses: NDArray[np.float64]) -> RunView:
    """`view` with what it tells of its losses as they are: a view of a run that trains is a moment
    older, or newer, than they."""
    lowest = float(np.fmin.reduce(losses)) if len(losses) else math.nan
    update = {
        "iteration": len(losses),
        "loss": float(losses[-1]) if len(losses) else None,
        "min_loss": None if math.isnan(lowest) else lowest,
    }
    return view.model_copy(update=update)
