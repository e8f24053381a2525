"""Each call of the server's API: what is asked, and how its answer is read. No I/O."""

import io
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .asked import Filters
from .asking import JSON, Answer, Deadline, Plan, Request, Value, as_json, ask, path, query
from .errors import BadAnswer
from .handles import Runs, SweepValues, ids
from .offers import (
    Catalog,
    Check,
    Ready,
    ReluCurve,
    Session,
)
from .reading import read
from .values import (
    Comparison,
    Diagnostics,
    Event,
    Overview,
    Results,
    RunPage,
    RunView,
    SweepPage,
    SweepView,
    Times,
)

T = TypeVar("T")

PIECE = 1_000_000
"""Losses that are asked for at a time: 8 MB."""

ROWS = 50_000
"""Iterations of diagnostics that are asked for at a time: about 8 MB of JSON."""

PAGE = 500
"""Runs that are listed at a time."""

NPY = {"Accept": "application/x-npy"}


def _get(path: str, kind: type[T], **values: Value | Sequence[str]) -> Plan[T]:
    return _read(Request("GET", path, query(**values), repeats=True), kind)


def _look(path: str, kind: type[T], patient: Deadline | None) -> Plan[T]:
    return _read(Request("GET", path, repeats=True, patient=patient), kind)


def _read(asked: Request, kind: type[T]) -> Plan[T]:
    return ask(asked, lambda answer: read(kind, answer.json))


def _post(
    path: str,
    kind: type[T],
    body: object = None,
    *,
    key: str | None = None,
    repeats: bool = False,
) -> Plan[T]:
    headers = dict(JSON)
    if key is not None:
        headers["Idempotency-Key"] = key
    content = as_json({} if body is None else body)
    asked = Request("POST", path, headers=headers, body=content, repeats=repeats or key is not None)
    return _read(asked, kind)


def new_key() -> str:
    """An Idempotency-Key that no other request has."""
    return str(uuid.uuid4())


# --- runs


def create(spec: Mapping[str, Any], key: str | None = None) -> Plan[RunView]:
    """Start a run; sent again, it finds the same one."""
    return _post(path("runs"), RunView, spec, key=key or new_key())


def page(filters: Mapping[str, Any], after: str | None) -> Plan[RunPage]:
    """Some runs, newest first, from a cursor on. Raises TypeError where there is no such filter: the
    server would leave it out, and give all runs."""
    known = Filters.__annotations__
    if unknown := [name for name in filters if name not in known]:
        raise TypeError(f"expected filters of {', '.join(known)}; got {', '.join(unknown)}")
    return _get(path("runs"), RunPage, **filters, limit=PAGE, after=after)


def show(run_id: str, patient: Deadline | None = None) -> Plan[RunView]:
    """A run as it is now."""
    return _look(path("runs", run_id), RunView, patient)


def change(run_id: str, changes: Mapping[str, Any]) -> Plan[RunView]:
    """Change it while it trains."""
    asked = Request("PATCH", path("runs", run_id), (), JSON, as_json(changes), repeats=True)
    return _read(asked, RunView)


def delete(run_id: str) -> Plan[None]:
    """Forget it."""
    return _delete(path("runs", run_id))


def _delete(path: str) -> Plan[None]:
    return ask(Request("DELETE", path, repeats=True), lambda _: None)


def verb(run_id: str, name: str) -> Plan[RunView]:
    """Pause, resume or stop it: what may be asked twice."""
    return _post(path("runs", run_id, name), RunView, repeats=True)


def step(run_id: str, iterations: int) -> Plan[RunView]:
    """Train so many iterations more, then pause."""
    return _post(path("runs", run_id, "step"), RunView, {"iterations": iterations})


def fork(
    run_id: str, at: int | None, count: int, changes: Mapping[str, Any]
) -> Plan[list[RunView]]:
    """Make runs that share its past."""
    wanted = {**changes, "count": count, **({} if at is None else {"at": at})}
    made = yield from _post(path("runs", run_id, "fork"), RunPage, wanted)
    return made.runs


def replay(run_id: str) -> Plan[RunView]:
    """Train it anew as it was."""
    return _post(path("runs", run_id, "replay"), RunView)


# --- what runs have come to


def losses(run_id: str, start: int, stop: int | None) -> Plan[NDArray[np.float64]]:
    """Losses of iterations `start` to `stop`, as many as are there; shape (losses,)."""
    pieces: list[NDArray[np.float64]] = []
    at = start
    while True:
        end = at + PIECE if stop is None else min(at + PIECE, stop)
        wanted = query(start=at, stop=max(at, end))
        asked = Request("GET", path("runs", run_id, "losses"), wanted, NPY, repeats=True)
        piece = yield from ask(asked, _array)
        pieces.append(piece)
        at += len(piece)
        if len(piece) < PIECE or at == stop:
            return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _array(answer: Answer) -> NDArray[np.float64]:
    try:
        values = np.load(io.BytesIO(answer.body), allow_pickle=False)
    except ValueError as error:
        raise BadAnswer(f"expected an array from the server: {error}") from None
    return np.asarray(values, np.float64)


def overview(
    run_id: str, points: int, start: int, stop: int | None, smoothing: float
) -> Plan[Overview]:
    """A curve of any length in about so many points."""
    where = path("runs", run_id, "losses")
    span = {"points": points, "start": start, "stop": stop}
    return _get(where, Overview, **span, smoothing=smoothing or None)


def diagnostics(run_id: str, start: int, stop: int | None) -> Plan[Diagnostics]:
    """What was measured at iterations `start` to `stop`, as much as is there."""
    pieces: list[Diagnostics] = []
    at, every = start, 1
    while True:
        end = at + ROWS * every
        end = end if stop is None else max(at, min(end, stop))
        piece = yield from _get(
            path("runs", run_id, "diagnostics"), Diagnostics, start=at, stop=end
        )
        pieces.append(piece)
        every = piece.every
        due = len(range(at + -at % every, end, every)) if every else 0
        if not every or len(piece.iterations) < due or end == stop:
            break
        at = end
    return Diagnostics(
        every,
        np.concatenate([piece.iterations for piece in pieces]),
        {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0].channels},
    )


def events(run_id: str) -> Plan[list[Event]]:
    """What happened to it."""
    asked = Request("GET", path("runs", run_id, "events"), repeats=True)
    return ask(asked, lambda answer: read(list[Event], answer.json["events"]))


def times(run_id: str, start: int, stop: int | None) -> Plan[Times]:
    """When iterations of it were done."""
    return _get(path("runs", run_id, "times"), Times, start=start, stop=stop)


def script(run_id: str) -> Plan[str]:
    """It as a plain PyTorch script."""
    asked = Request("GET", path("runs", run_id, "script"), repeats=True)
    return ask(asked, lambda answer: answer.body.decode())


def compare(
    a: str, b: str, points: int | None = None, start: int = 0, stop: int | None = None
) -> Plan[Comparison]:
    """Where two curves part."""
    span = {"points": points, "start": start, "stop": stop}
    return _get(path("compare"), Comparison, a=a, b=b, **span)


# --- sweeps


def create_sweep(
    base: Mapping[str, Any], ways: Mapping[str, Any], key: str | None = None
) -> Plan[SweepView]:
    """Start all runs of a sweep, or none. Of `ways` what is not None is asked for."""
    asked = {name: way for name, way in ways.items() if way is not None}
    return _post(path("sweeps"), SweepView, {"base": base, **asked}, key=key or new_key())


def runs_of(sweep_id: str) -> Plan[list[RunView]]:
    """Its runs, in the order in which they were asked for."""
    views: list[RunView] = []
    after: str | None = None
    while True:
        some = yield from page({"sweep": sweep_id}, after)
        views += some.runs
        if (after := some.next) is None:
            return sorted(views, key=lambda view: view.sweep.place if view.sweep else 0)


def sweep_page(after: str | None) -> Plan[SweepPage]:
    """Some sweeps, newest first, from a cursor on."""
    return _get(path("sweeps"), SweepPage, after=after)


def show_sweep(sweep_id: str, patient: Deadline | None = None) -> Plan[SweepView]:
    """A sweep as it is now."""
    return _look(path("sweeps", sweep_id), SweepView, patient)


def sweep_verb(sweep_id: str, name: str) -> Plan[SweepView]:
    """Pause, resume or stop all of its runs."""
    return _post(path("sweeps", sweep_id, name), SweepView, repeats=True)


def delete_sweep(sweep_id: str) -> Plan[None]:
    """Forget it, and its runs."""
    return _delete(path("sweeps", sweep_id))


def results(sweep_id: str) -> Plan[Results]:
    """What its runs have come to, as a table."""
    told = yield from _get(path("sweeps", sweep_id, "results"), Results)
    losses = {told.columns.index(name) for name in ("loss", "min_loss")}
    rows = [
        [float(cell) if at in losses and cell is not None else cell for at, cell in enumerate(row)]
        for row in told.rows
    ]
    return Results(told.id, told.columns, rows)


# --- the server


def catalog() -> Plan[Catalog]:
    """Every choice there is."""
    return _get(path("catalog"), Catalog)


def check(relu: str) -> Plan[Check]:
    """What a ReLU does on the server's torch."""
    return _get(path("relus", relu, "check"), Check)


def curve(relu: str) -> Plan[ReluCurve]:
    """Its value and slope over h."""
    return _get(path("relus", relu, "curve"), ReluCurve)


def session() -> Plan[Session]:
    """What may be done here."""
    return _get(path("session"), Session)


def ready() -> Plan[Ready]:
    """Whether it keeps what it does."""
    return _read(Request("GET", "/readyz", repeats=True, waits=False), Ready)


def export(runs: Runs, target: Path, format: str) -> Plan[Path]:
    """Runs as one zip, in a file."""
    if isinstance(runs, SweepValues):
        wanted = query(sweep=runs.id, format=format)
    else:
        wanted = query(id=ids(runs), format=format)
    asked = Request("GET", path("export"), wanted, target=target, repeats=True)
    return ask(asked, lambda _: target)


def import_runs(source: Path) -> Plan[list[RunView]]:
    """The runs of such a zip."""
    headers = {"Content-Type": "application/zip"}
    asked = Request("POST", path("import"), headers=headers, source=source)
    return ask(asked, lambda answer: read(RunPage, answer.json).runs)
