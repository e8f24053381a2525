"""How a run's spec became what it is: what its events changed, undone and done again."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from ..training.change import SWITCHABLE, Change
from ..training.rules import RULES, Rule
from ..training.spec import RunSpec
from ..training.unknown import UnknownRule
from .view import Event

_UPDATE = "update"

TOLD = (*SWITCHABLE, "pace", "iterations", "on_nonfinite")
"""The fields of a spec whose change is an event."""

Changes = dict[str, Any]
"""Of each field that was changed, what it was and what it is; of a hyperparameter as `update.lr`."""


def changes_between(before: RunSpec, after: RunSpec) -> Changes:
    """What a change from `before` to `after` is told as."""
    changes: Changes = {}
    for name in TOLD:
        was, now = getattr(before, name), getattr(after, name)
        if was == now:
            continue
        if name != _UPDATE:
            changes[name] = [was, now]
        elif was.rule != now.rule:
            changes[name] = [was.model_dump(), now.model_dump()]
        else:
            old = was.model_dump()
            changes |= {
                f"{_UPDATE}.{field}": [old[field], value]
                for field, value in now.model_dump().items()
                if value != old[field]
            }
    return changes


def history(
    spec: RunSpec, events: Sequence[Event], fields: Sequence[str] = SWITCHABLE
) -> tuple[RunSpec, list[Change]]:
    """`spec` with what it began with of these fields, and what became of them on the way; `events`
    in the order in which they were told."""
    steps = [
        (event.iteration, decisive)
        for event in events
        if (
            decisive := {
                name: both
                for name, both in (event.changes or {}).items()
                if name.partition(".")[0] in fields
            }
        )
    ]
    state: dict[str, Any] = {name: getattr(spec, name) for name in fields}
    state[_UPDATE] = spec.update.model_dump()
    for _, changes in reversed(steps):
        state = _put(state, {name: both[0] for name, both in changes.items()})
    first = _spec(spec, state)
    found = []
    for iteration, changes in steps:
        state = _put(state, {name: both[1] for name, both in changes.items()})
        found.append(Change(iteration, _spec(spec, state)))
    return first, found


def _put(state: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    state = {**state, _UPDATE: dict(state[_UPDATE])}
    for name, value in values.items():
        field, _, hyperparameter = name.partition(".")
        if hyperparameter:
            state[_UPDATE][hyperparameter] = value
        else:
            state[field] = value
    return state


def _spec(spec: RunSpec, state: dict[str, Any]) -> RunSpec:
    return spec.model_copy(update={**state, _UPDATE: _rule(state[_UPDATE])})


def _rule(fields: dict[str, Any]) -> Rule:
    """One that is not known here, or no longer like this, can only be shown."""
    try:
        return RULES[fields["rule"]].model_validate(fields)
    except (KeyError, ValidationError):
        return UnknownRule.model_validate(fields)
