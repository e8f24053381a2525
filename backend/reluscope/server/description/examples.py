"""What requests and answers look like, as the OpenAPI document shows them. A test holds each against
its schema."""

import json
from typing import Any

from ...errors import (
    BadArchive,
    Busy,
    FieldError,
    ForbiddenMove,
    InvalidFields,
    KeyReused,
    KeySpent,
    Limit,
    NoRoom,
    NoSource,
    NotInstalled,
    NotReady,
    ReluscopeError,
    StoreDamaged,
    StoreUnavailable,
    UnknownName,
    UnknownRun,
    UnknownSweep,
)
from ...runs.view import Event, Origin, RunView
from ...training.spec import RunSpec
from ..problems import (
    INTERNAL,
    KINDS,
    NOT_FROM_HERE,
    TOO_MANY_TRIES,
    TOO_MANY_WRITES,
    UNREADABLE,
    VIEW_ONLY,
    Kind,
    http_kind,
    respond,
)
from ..results import AFTER, BEFORE

ID = "0b9f6c1e-52a4-4d0c-9a57-3a1d1f6f2e11"
OTHER = "7d3b0c55-9f0e-4b3c-8c55-1f1f6a1f9a02"

_SPEC = RunSpec(name="Slow and steady", tags=["lesson 1"])
_RUNNING = RunView(
    id=ID,
    spec=_SPEC,
    status="running",
    iteration=120,
    loss=12843.1,
    min_loss=12843.1,
    rate=2451.7,
    created_at=1760000000.0,
    started_at=1760000000.1,
    ended_at=None,
    reason=None,
    worker="cpu-0",
    environment={"torch": "2.13.0", "device": "a CPU", "threads": 1},
)
_PAUSED = _RUNNING.model_copy(update={"status": "paused", "rate": None})
_STOPPED = _PAUSED.model_copy(update={"status": "stopped", "ended_at": 1760000003.2})
_FORKED = _RUNNING.model_copy(
    update={"id": OTHER, "forked_from": Origin(id=ID, iteration=100), "iteration": 100}
)
_CHANGED = Event(
    iteration=100, at=1760000000.2, kind="changed", changes={"update.lr": [1e-6, 5e-7]}
)
_STARTED = Event(iteration=0, at=1760000000.1, kind="running")


def _told(view: RunView) -> dict[str, Any]:
    told: dict[str, Any] = view.model_dump(mode="json")
    return told


_SWEEP = {
    "id": OTHER,
    "name": "How fast?",
    "created_at": 1760000000.0,
    "fields": ["update.lr"],
    "count": 1,
    "statuses": {"running": 1},
    "runs": [ID],
}
_SLOW = {**_SWEEP, "statuses": {"paused": 1}}
_STILL = {**_SWEEP, "statuses": {"stopped": 1}}

_RUNS = {"runs": [_told(_RUNNING)]}

REQUESTS: dict[str, dict[str, Any]] = {
    "runs_create": {
        "the first tutorial": {},
        "another ReLU and rule": {
            "name": "Slow and steady",
            "relu": "half_abs",
            "update": {"rule": "adam", "lr": 1e-4},
            "iterations": 2000,
        },
    },
    "runs_change": {
        "another learning rate": {"update": {"lr": 5e-7}},
        "at full speed": {"pace": None},
        "another name": {"name": "The best one", "pinned": True},
    },
    "runs_step": {"ten more": {"iterations": 10}},
    "runs_fork": {
        "another learning rate from there on": {"at": 100, "update": {"lr": 5e-7}},
        "three that go on as it was": {"count": 3},
    },
    "sweeps_create": {
        "each with each": {
            "base": {"name": "How fast?"},
            "grid": {"update.lr": [1e-6, 1e-5], "relu": ["clamp", "where"]},
        },
        "drawn": {
            "random": {
                "count": 10,
                "seed": 1,
                "fields": {
                    "update.lr": {"low": 1e-7, "high": 1e-4, "log": True},
                    "relu": ["clamp", "where"],
                },
            }
        },
        "one by one": {"list": [{"seed": 1}, {"seed": 2, "update.lr": 1e-7}]},
    },
}
"""Of each operation that takes JSON, by what they are called."""

_COST = {"call_s": 1.9e-6, "ratio": 1.04, "lowest": 0.98, "highest": 1.11}

ANSWERS: dict[str, dict[str, Any]] = {
    "catalog": {
        "one of each": {
            "relus": [
                {
                    "name": "clamp",
                    "title": "clamp",
                    "formula": "max(h, 0)",
                    "code": "h.clamp(min=0)",
                    "help": "As the first tutorial has it.",
                }
            ],
            "rules": [
                {
                    "name": "manual",
                    "help": "By hand, under no_grad.",
                    "schema": {"properties": {"lr": {"type": "number", "minimum": 0}}},
                }
            ],
            "gradients": [{"name": "autograd", "help": "loss.backward()"}],
            "devices": [{"name": "cpu", "title": "a CPU", "memory_bytes": 8589934592}],
            "dtypes": [{"name": "float32"}],
            "channels": [
                {
                    "number": 1,
                    "name": "dead",
                    "title": "Dead units",
                    "help": "Units that are 0 for every sample.",
                    "unit": None,
                }
            ],
            "presets": [
                {
                    "name": "autograd",
                    "title": "Tensors and autograd",
                    "help": "The first tutorial.",
                    "spec": {"relu": "clamp"},
                    "grid": {},
                }
            ],
            "limits": {"live_runs": 1000, "writes_per_s": 200},
            "versions": {"torch": "2.13.0"},
            "spec": {"properties": {"relu": {"enum": ["clamp"]}}},
        }
    },
    "relus_check": {
        "of clamp": {
            "relu": "clamp",
            "torch": "2.13.0",
            "dtype": "float32",
            "error": None,
            "points": [
                {"h": 0.0, "value": 0.0, "slope": 1.0},
                {"h": "NaN", "value": "NaN", "slope": 0.0},
            ],
            "kink": "The slope at 0 is 1.",
            "gradcheck": {"passed": True, "reason": None},
            "gradgradcheck": {"passed": True, "reason": None},
            "timing": {"forward": _COST, "backward": _COST, "rounds": 20},
        }
    },
    "session_show": {"an owner": {"role": "owner", "needs_token": False}},
    "session_begin": {"a viewer": {"role": "viewer", "needs_token": True}},
    "relus_curve": {
        "of clamp": {
            "relu": "clamp",
            "torch": "2.13.0",
            "dtype": "float32",
            "error": None,
            "h": [-2.0, 0.0, 2.0],
            "value": [0.0, 0.0, 2.0],
            "slope": [0.0, 1.0, 1.0],
            "value_at_nan": "NaN",
            "kink": None,
        }
    },
    "runs_create": {"a run": _told(_RUNNING)},
    "runs_list": {"one of a page": {**_RUNS, "next": "1760000000000000"}},
    "runs_show": {"a run": _told(_RUNNING)},
    "runs_change": {"a run": _told(_RUNNING)},
    "runs_pause": {"paused": _told(_PAUSED)},
    "runs_resume": {"it goes on": _told(_RUNNING)},
    "runs_step": {"it goes on": _told(_RUNNING)},
    "runs_stop": {"stopped": _told(_STOPPED)},
    "runs_fork": {"one fork": {"runs": [_told(_FORKED)]}},
    "runs_replay": {"it begins": _told(_RUNNING)},
    "sweeps_create": {"of one run": _SWEEP},
    "sweeps_list": {"one of a page": {"sweeps": [_SWEEP], "next": "1760000000000000"}},
    "sweeps_show": {"of one run": _SWEEP},
    "sweeps_pause": {"paused": _SLOW},
    "sweeps_resume": {"it goes on": _SWEEP},
    "sweeps_stop": {"stopped": _STILL},
    "sweeps_results": {
        "of one run": {
            "id": OTHER,
            "columns": [*BEFORE, "update.lr", *AFTER],
            "rows": [
                [
                    ID,
                    "How fast? · lr 1e-6",
                    1e-6,
                    "diverged",
                    42,
                    "NaN",
                    0.25,
                    2451.7,
                    "loss is NaN",
                ]
            ],
        }
    },
    "losses": {
        "losses": {"id": ID, "start": 497, "losses": [1.5, "NaN", "Infinity"]},
        "an overview": {
            "id": ID,
            "start": 0,
            "stop": 8,
            "every": 4,
            "iterations": [0, 3, 4, 7],
            "losses": [4.0, 1.0, 0.5, 0.25],
            "means": [2.5, 0.375],
            "spans": [],
            "not_finite": {},
            "not_positive": 0,
        },
    },
    "diagnostics": {
        "of every 50th iteration": {
            "id": ID,
            "start": 0,
            "every": 50,
            "iterations": [0, 50],
            "channels": {"dead": [0.0, 0.01], "weight_norm_w1": [316.2, 316.1]},
        }
    },
    "times": {
        "at the ends of turns": {
            "id": ID,
            "start": 0,
            "iterations": [24, 49],
            "at": [1760000000.11, 1760000000.12],
        }
    },
    "events": {
        "it began, and was changed": {
            "id": ID,
            "events": [_STARTED.model_dump(mode="json"), _CHANGED.model_dump(mode="json")],
        }
    },
    "compare": {
        "they part": {
            "ids": [ID, OTHER],
            "compared": 500,
            "equal": False,
            "first_difference": 1,
            "largest_absolute": {"iteration": 3, "a": 2.0, "b": 2.5, "difference": 0.5},
            "largest_relative": {"iteration": 3, "a": 2.0, "b": 2.5, "difference": 0.2},
            "largest_ulp": {"iteration": 3, "a": 2.0, "b": 2.5, "difference": 2097152},
            "why": "They differ in relu.",
            "difference": None,
        }
    },
    "archive_import": {"one run": {"runs": [_told(_STOPPED)]}},
    "operations_healthz": {"alive": {"status": "ok"}},
    "operations_readyz": {
        "kept in a file": {"status": "ready", "store": "/data/runs.sqlite"},
        "kept in memory alone": {"status": "ready", "store": None},
    },
}
"""Of each operation that answers with JSON, by what they are called."""


_TOO_LARGE = FieldError(
    "n",
    "Input should be less than or equal to 1000000",
    2_000_000,
    {"type": "integer", "minimum": 1, "maximum": 1_000_000},
)

_ERRORS: tuple[ReluscopeError, ...] = (
    InvalidFields([_TOO_LARGE]),
    UnknownRun(ID),
    UnknownSweep(ID),
    UnknownName("ReLU", "softplus", ("clamp", "relu")),
    ForbiddenMove(ID, "pause", "finished", ()),
    NoRoom("1000 runs are live, which is the limit; stop one first", ("live_runs", 1000)),
    Busy(
        "curves of 268,435,456 bytes or more are being read; wait for a moment",
        ("curve_bytes", 268_435_456),
    ),
    NoSource("the source of the ReLU my_leaky cannot be read"),
    BadArchive("this is no whole zip: File is not a zip file"),
    NotInstalled("Parquet", "parquet"),
    NotReady("the server is being shut down"),
    StoreUnavailable("the store has not answered for 10 s"),
    StoreDamaged("what the store has of a run cannot be read"),
    KeyReused(),
    KeySpent(f"run {ID}"),
)

_OTHERS: tuple[tuple[Kind, str] | tuple[Kind, str, Limit], ...] = (
    (INTERNAL, "the server's log says more"),
    (NOT_FROM_HERE, "pages of 'https://a.example' may not use this server"),
    (VIEW_ONLY, "a view token cannot do it"),
    (TOO_MANY_TRIES, "too many tokens that were not right came from this address"),
    (TOO_MANY_WRITES, "one address may write 200 times a second", ("writes_per_s", 200)),
    (http_kind(400), UNREADABLE),
    (http_kind(401), "a token is needed: Authorization: Bearer <token>"),
    (http_kind(404), "Not Found"),
    (http_kind(406), "offered here: application/json, text/csv"),
    (http_kind(408), "the body came too slowly"),
    (http_kind(413), "a body may have 65536 bytes here", ("body_bytes", 65536)),
    (http_kind(415), "expected JSON, with Content-Type: application/json"),
)


def _problem(kind: Kind, detail: str, **more: Any) -> Any:
    return json.loads(bytes(respond(*kind, detail, **more).body))


PROBLEMS: dict[str, dict[str, Any]] = {
    kind.name: _problem(
        kind, str(error), **{name: vars(error).get(name) for name in ("errors", "limit")}
    )
    for error in _ERRORS
    for kind in [KINDS[type(error)]]
} | {
    kind.name: _problem(kind, detail, limit=limit[0] if limit else None)
    for kind, detail, *limit in _OTHERS
}
"""One of each kind, by its name."""
