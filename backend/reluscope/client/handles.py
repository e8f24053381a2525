"""What a handle of a run or a sweep knows without asking, and how a notebook shows it."""

import html
from collections.abc import Iterable, Mapping
from typing import Any

from .values import RunView, Status, SweepView


class RunValues:
    """A run as it was when it was last heard of. What `view` says is read as the run's own."""

    def __init__(self, view: RunView) -> None:
        self.view = view
        """All that was last heard of it."""

    @property
    def id(self) -> str:
        """A UUID."""
        return self.view.id

    @property
    def name(self) -> str | None:
        """What it is called."""
        name: str | None = self.view.spec.get("name")
        return name

    @property
    def tags(self) -> list[str]:
        """Words to find it by."""
        return list(self.view.spec.get("tags", ()))

    @property
    def spec(self) -> dict[str, Any]:
        """What it is asked to do: `scope.create(run.spec, seed=1)` is the same with another seed."""
        return self.view.spec

    @property
    def status(self) -> Status:
        """queued, running, paused, finished, stopped, diverged, failed or interrupted."""
        return self.view.status

    @property
    def has_ended(self) -> bool:
        """Whether it is finished, stopped, diverged or failed."""
        return self.view.has_ended

    @property
    def iteration(self) -> int:
        """Iterations done."""
        return self.view.iteration

    @property
    def loss(self) -> float | None:
        """The newest loss; None before there is one."""
        return self.view.loss

    @property
    def min_loss(self) -> float | None:
        """The smallest loss so far that is not NaN."""
        return self.view.min_loss

    @property
    def rate(self) -> float | None:
        """Iterations per second."""
        return self.view.rate

    @property
    def reason(self) -> str | None:
        """Why it ended, where that needs a word."""
        return self.view.reason

    @property
    def point(self) -> dict[str, Any]:
        """What it has of the sweep that it belongs to, by path; nothing where it is in none."""
        return self.view.sweep.point if self.view.sweep else {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunValues) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        loss = "" if self.loss is None else f", loss {self.loss:.6g}"
        return (
            f"<{type(self).__name__} {self.id[:8]}{name}: {self.spec.get('relu')}, "
            f"{_rule(self.spec)}; {self.status}, {self.iteration} of "
            f"{self.spec.get('iterations')} iterations{loss}>"
        )

    def _repr_html_(self) -> str:
        return table(
            {
                "run": self.id,
                "name": self.name,
                "relu": self.spec.get("relu"),
                "update": _rule(self.spec),
                "status": self.status,
                "iteration": f"{self.iteration} of {self.spec.get('iterations')}",
                "loss": self.loss,
                "min_loss": self.min_loss,
                "reason": self.reason,
            }
        )


class SweepValues:
    """A sweep as it was when it was last heard of."""

    def __init__(self, view: SweepView) -> None:
        self.view = view
        """All that was last heard of it."""

    @property
    def id(self) -> str:
        """A UUID."""
        return self.view.id

    @property
    def name(self) -> str | None:
        """What it is called."""
        return self.view.name

    @property
    def fields(self) -> list[str]:
        """What differs between its runs: ["update.lr", "relu"]."""
        return self.view.fields

    @property
    def statuses(self) -> dict[str, int]:
        """How many of its runs are in which state."""
        return self.view.statuses

    @property
    def has_ended(self) -> bool:
        """Whether each of its runs has ended."""
        return self.view.has_ended

    def __len__(self) -> int:
        return self.view.count

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SweepValues) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return (
            f"<{type(self).__name__} {self.id[:8]}{name}: {len(self)} runs over "
            f"{', '.join(self.fields)}; {_counts(self.statuses)}>"
        )

    def _repr_html_(self) -> str:
        return table(
            {
                "sweep": self.id,
                "name": self.name,
                "over": ", ".join(self.fields),
                "runs": len(self),
                "statuses": _counts(self.statuses),
            }
        )


def label(view: RunView) -> str:
    """What a run is called in a legend: its name, what it has of its sweep, or its ReLU and rule; and
    the begin of its id, since others may be called so."""
    point = (
        ", ".join(f"{path} {value}" for path, value in view.sweep.point.items())
        if view.sweep
        else ""
    )
    named = view.spec.get("name") or point or f"{view.spec.get('relu')}, {_rule(view.spec)}"
    return f"{named} ({view.id[:8]})"


def _rule(spec: Mapping[str, Any]) -> str:
    update = spec.get("update", {})
    lr = f", lr {update['lr']:g}" if isinstance(update.get("lr"), float) else ""
    return f"{update.get('rule')}{lr}"


def _counts(statuses: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in statuses.items() if count)


def table(rows: Mapping[str, object]) -> str:
    """What is there of these as a small table of HTML, all of it as text."""
    told = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>{html.escape(str(value))}</td></tr>"
        for name, value in rows.items()
        if value is not None
    )
    return f"<table>{told}</table>"


Runs = Iterable[RunValues | str] | SweepValues | RunValues
"""Runs, named in any way: several runs or their ids, those of a sweep, or one."""


def ids(runs: Runs) -> list[str]:
    """Their ids."""
    if isinstance(runs, SweepValues):
        return list(runs.view.runs)
    if isinstance(runs, RunValues | str):
        return [id_of(runs)]
    return [id_of(run) for run in runs]


def id_of(run: RunValues | str) -> str:
    """The id of a run that is given itself or by its id."""
    return run if isinstance(run, str) else run.id
