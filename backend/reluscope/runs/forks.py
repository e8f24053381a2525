"""Runs that are made of others: forks, which share a past, and replays, which train it anew."""

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import FieldError, InvalidFields
from ..training.change import check_change
from ..training.spec import RunSpec
from .history import changes_between, history
from .kept import Kept
from .run import Run
from .trace import rows_before
from .view import Event, Origin, RunView


def fork(run: Run, changes: Mapping[str, Any], at: int | None = None) -> Kept:
    """A run that has the first `at` iterations of `run`, all that are there where none is given,
    and goes on from there under its spec with `changes`.

    Of a rule's hyperparameters, those that `changes` leaves out stay, unless it names another rule.

    Raises InvalidFields where `run` has fewer iterations, or where a field may not change there; and
    pydantic's ValidationError where the spec that comes of it is none.
    """
    there = run.iteration
    at = there if at is None else at
    if at > there:
        raise InvalidFields(
            [FieldError("at", f"the run has {there} iterations", at, {"maximum": there})]
        )
    spec = run.spec  # before the events, which undo what it has not yet
    events = list(run.events)
    before = spec_at(spec, events, at)
    after = _changed(before, changes)
    check_change(before, after)
    if after.iterations <= at:
        message = f"the fork begins with {at} iterations, and so needs more"
        raise InvalidFields(
            [FieldError("iterations", message, after.iterations, {"minimum": at + 1})]
        )
    told = Event(
        iteration=at,
        at=time.time(),
        kind="forked",
        reason=f"from run {run.id}",
        changes=changes_between(before, after) or None,
    )
    past = [event for event in events if event.changes and event.iteration <= at]
    trace, stride = run.trace, after.diagnostics_every
    return Kept(
        _new(after, Origin(id=run.id, iteration=at), at, run),
        [*past, told],
        trace[:at].copy(),  # its own: the other may leave memory
        trace.rows(0, rows_before(at, stride)).copy(),
        trace.marks(0, at),
    )


def replay(run: Run) -> Kept:
    """A run that trains what `run` has trained, from the start, with the same changes on the way.

    Where `run` went on after a number that is not finite, so does this; and where it was stopped by
    hand, this ends there.
    """
    spec, done = run.spec, run.iteration
    fields: dict[str, Any] = {"pace": None}
    if spec.on_nonfinite == "pause" and any(
        event.kind == "paused" and event.reason and event.iteration < done for event in run.events
    ):
        fields["on_nonfinite"] = "continue"
    if run.status == "stopped" and done:
        fields["iterations"] = done
    asked = spec.model_copy(update=fields)
    past = [event for event in list(run.events) if event.changes]
    told = _let_go_on(past, asked.on_nonfinite)
    return Kept(_new(asked, Origin(id=run.id, iteration=0), 0), told)


def _let_go_on(events: list[Event], on_nonfinite: str) -> list[Event]:
    """These events, where what is not finite causes no pause before the last change of that:
    whoever came so far was let go on. `on_nonfinite`: what holds in the end."""
    told: list[Event] = []
    for event in reversed(events):
        changes = event.changes or {}
        if "on_nonfinite" not in changes:
            told.append(event)
            continue
        before = "continue" if changes["on_nonfinite"][0] == "pause" else changes["on_nonfinite"][0]
        now = {**changes, "on_nonfinite": [before, on_nonfinite]}
        told.append(event.model_copy(update={"changes": now}))
        on_nonfinite = before
    return told[::-1]


def spec_at(spec: RunSpec, events: Sequence[Event], iteration: int) -> RunSpec:
    """What was in force of a run's spec when it had done so many iterations."""
    first, changes = history(spec, events)
    passed = [change.spec for change in changes if change.iteration <= iteration]
    return passed[-1] if passed else first


def _changed(spec: RunSpec, changes: Mapping[str, Any]) -> RunSpec:
    fields = spec.model_dump() | dict(changes)
    update = changes.get("update")
    if isinstance(update, dict) and update.get("rule", spec.update.rule) == spec.update.rule:
        fields["update"] = spec.update.model_dump() | update
    return RunSpec.model_validate(fields)


def _new(spec: RunSpec, origin: Origin, iteration: int, run: Run | None = None) -> RunView:
    """The view of a run that has not begun."""
    return RunView.model_construct(
        id=str(uuid.uuid4()),
        spec=spec,
        status="queued",
        iteration=iteration,
        loss=None,
        min_loss=None,
        rate=None,
        created_at=time.time(),
        started_at=None,
        ended_at=None,
        reason=None,
        worker=None,
        environment=run.environment if run else None,
        pinned=False,
        forked_from=origin,
        sweep=None,
    )
