"""Waiting for runs and sweeps, by looking now and then. No I/O."""

import time
from collections.abc import Callable, Collection, Iterable
from typing import TypeVar, get_args

from . import calls
from .asking import Deadline, Plan, Wait
from .errors import RunFailed, TimedOut
from .values import ENDED, RunView, Status, SweepView

T = TypeVar("T")

FIRST_LOOK_S = 0.05
LAST_LOOK_S = 1.0
"""The longer something is waited for, the rarer it is looked at: after a tenth of the time that has
passed, within these two."""

BAD: tuple[Status, ...] = ("diverged", "failed")
"""The ends that `check` raises at."""


def statuses(until: str | Iterable[str] | None) -> frozenset[str]:
    """The states that end a wait for `until`: a run that has ended will not come to another. Raises
    ValueError where there is no such state."""
    wanted = {until} if isinstance(until, str) else set(until or ())
    if unknown := wanted - set(get_args(Status)):
        raise ValueError(f"expected states of {', '.join(get_args(Status))}; got {unknown}")
    return frozenset(ENDED) | wanted


def run(
    run_id: str, timeout: float | None, until: Collection[str], *, check: bool
) -> Plan[RunView]:
    """A run, once it is in one of these states."""
    view = yield from _looked(
        lambda deadline: calls.show(run_id, deadline),
        lambda view: view.status in until,
        timeout,
        lambda view: f"run {run_id}, which is {view.status} at iteration {view.iteration}",
    )
    if check and view.status in BAD:
        raise RunFailed(run_id, view.status, view.reason)
    return view


def sweep(sweep_id: str, timeout: float | None) -> Plan[SweepView]:
    """A sweep, once each of its runs has ended."""
    return _looked(
        lambda deadline: calls.show_sweep(sweep_id, deadline),
        lambda view: view.has_ended,
        timeout,
        lambda view: f"sweep {sweep_id}, whose runs are {view.statuses}",
    )


def _looked(
    look: Callable[[Deadline], Plan[T]],
    is_there: Callable[[T], bool],
    timeout: float | None,
    tell: Callable[[T], str],
) -> Plan[T]:
    began, deadline = time.monotonic(), Deadline(timeout)
    while True:
        view = yield from look(deadline)
        if is_there(view):
            return view
        waited = time.monotonic() - began
        if (left := deadline.seconds) <= 0:
            raise TimedOut(f"waited {timeout} s in vain for {tell(view)}")
        yield Wait(min(left, max(FIRST_LOOK_S, min(LAST_LOOK_S, waited / 10))))
