"""/api/runs: create, list, show, change and delete runs, and the verbs."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import (
    FieldError,
    ForbiddenMove,
    InvalidFields,
    KeyReused,
    KeySpent,
    NoRoom,
    UnknownRun,
)
from ...numbers import WHOLE
from ...runs.book import VERB_TIMEOUT_S, Book
from ...runs.run import Run
from ...runs.states import Status
from ...runs.view import RunView
from ...training.relus import RELUS
from ...training.rules import RULES, Rule
from ...training.spec import GRADIENTS, MAX_ITERATIONS, Name, Pace, RunSpec, Tags, one_of
from ..description.document import MADE, refusals
from ..fields import Places
from ..idempotency import Answers
from ..problems import left_out
from .shared import READS, RunId, TheBook, here

PENDING: dict[int | str, dict[str, Any]] = {
    202: {"model": RunView, "description": "It will be, when its iteration is over"}
}

GOES_ON = refusals(*READS, ForbiddenMove, NoRoom, InvalidFields)
COPIES = refusals(*READS, NoRoom, InvalidFields)

router = APIRouter(prefix="/api/runs", tags=["runs"])

STORE_LOOK_S = 0.5
"""Between two looks at the store by an answer that waits for it."""

MAX_FORKS = 100
"""Forks that one request may make."""


OF_RULES = {
    "propertyNames": {
        "enum": list(dict.fromkeys(n for rule in RULES.values() for n in rule.model_fields))
    }
}
"""What may stand for a hyperparameter; which of them a rule has, the catalog tells."""


class RunList(BaseModel):
    """Runs that were made together."""

    runs: list[RunView]


class RunPage(BaseModel):
    """Runs, newest first, and the cursor that `after` takes for those that follow."""

    runs: list[RunView]
    next: str | None


class Step(BaseModel):
    """How far a step goes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    iterations: Annotated[int, Field(ge=1, le=MAX_ITERATIONS), WHOLE] = 1


class Change(BaseModel):
    """What may change in a run's spec while it trains; what is left out stays."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=left_out)

    name: Name | None = None
    tags: Tags = []
    pace: Pace | None = None
    pinned: bool = False
    update: Annotated[
        dict[str, Any],
        Field(
            description="Hyperparameters of the run's own rule, by name.",
            max_length=50,
            json_schema_extra=OF_RULES,
        ),
    ] = {}


class Fork(BaseModel):
    """Where a fork begins, how many there are, and what of the spec is another in them; what is left
    out stays."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=left_out)

    at: Annotated[
        Annotated[int, Field(ge=0), WHOLE] | None,
        Field(description="The first iteration that is its own; empty for the next."),
    ] = None
    count: Annotated[
        int,
        Field(ge=1, le=MAX_FORKS, description="How many; one where it is left out."),
        WHOLE,
    ] = 1
    name: Name | None = None
    tags: Tags = []
    relu: Annotated[str, *one_of(RELUS)] = RunSpec.model_fields["relu"].default
    update: Annotated[
        dict[str, Any],
        Field(
            description="Hyperparameters of the run's rule, or another rule.",
            max_length=50,
            json_schema_extra=OF_RULES,
        ),
    ] = {}
    gradients: Annotated[str, *one_of(GRADIENTS)] = RunSpec.model_fields["gradients"].default
    iterations: Annotated[int, Field(ge=1, le=MAX_ITERATIONS), WHOLE] = 1
    pace: Pace | None = None
    on_nonfinite: Literal["stop", "pause", "continue"] = "stop"


@router.post("", status_code=201, responses=MADE | refusals(NoRoom, KeySpent, KeyReused))
async def create(
    spec: RunSpec,
    request: Request,
    response: Response,
    book: TheBook,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> RunView:
    """Start a run. With an `Idempotency-Key`, the same request sent again finds the run that it
    made the first time."""
    if idempotency_key:
        answers: Answers = request.app.state.answers
        run = await answers.run_of(idempotency_key, spec, book)
    else:
        run = book.open(spec)
    response.headers["Location"] = here(request, f"/api/runs/{run.id}")
    await until_stored(book)
    return run.view()


@router.get("", name="list")
def list_runs(
    book: TheBook,
    status: Annotated[list[Status], Query(default_factory=list)],
    relu: Annotated[list[str], Query(default_factory=list)],
    rule: Annotated[list[str], Query(default_factory=list)],
    tag: Annotated[list[str], Query(default_factory=list)],
    sweep: Annotated[list[str], Query(default_factory=list, description="The id of a sweep.")],
    q: Annotated[str | None, Query(max_length=200, description="Part of the name or id.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int | None, Query(ge=0, description="`next` of the page before.")] = None,
) -> RunPage:
    """Runs, newest first. Each filter may be given more than once: any of its values will do."""
    wanted: dict[str, Collection[str]] = {
        "status": status,
        "relu": relu,
        "rule": rule,
        "tag": tag,
        "sweep": sweep,
    }
    given = {field: values for field, values in wanted.items() if values}
    found = book.search(given, q or "", after, limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return RunPage(runs=[run.view() for run in page], next=str(page[-1].number) if more else None)


@router.get("/{id}", responses=refusals(UnknownRun))
def show(run_id: RunId, book: TheBook) -> RunView:
    """One run as it is now."""
    return book.find(run_id).view()


@router.patch("/{id}", responses=PENDING | refusals(UnknownRun, ForbiddenMove))
async def change(run_id: RunId, change: Change, book: TheBook, response: Response) -> RunView:
    """Change name, tags, pace or hyperparameters of a run. `pace` null is full speed.
    Hyperparameters take effect between two iterations; an iteration that takes long is waited for
    as `pause` does."""
    wanted = change.model_dump(exclude_unset=True)
    rule = book.find(run_id).spec.update
    try:
        run = book.change(run_id, **wanted, wait_s=0)
    except ValidationError as error:
        raise InvalidFields(_of_rule(rule, error)) from None
    return await _settled(run, book, response)


def _of_rule(rule: Rule, error: ValidationError) -> list[FieldError]:
    """What is wrong with hyperparameters, in the words of the rule's own schema."""
    schema = rule.model_json_schema()
    found = Places(schema, schema).errors(error.errors())
    return [replace(each, field=f"update.{each.field}") for each in found]


@router.delete("/{id}", status_code=204, response_class=Response, responses=refusals(UnknownRun))
async def delete(run_id: RunId, book: TheBook) -> None:
    """Delete a run and its losses, whatever it is doing."""
    book.delete(run_id)
    await until_stored(book)


@router.post("/{id}/pause", responses=PENDING | refusals(UnknownRun, ForbiddenMove))
async def pause(run_id: RunId, book: TheBook, response: Response) -> RunView:
    """Pause a run: once this answers 200, it does not move. An iteration that takes long is waited
    for two seconds; then the answer is 202, and the run pauses when that iteration is over."""
    return await _settled(book.pause(run_id, wait_s=0), book, response)


@router.post("/{id}/resume", responses=GOES_ON)
async def resume(run_id: RunId, book: TheBook) -> RunView:
    """Let a run go on that was paused, or that was interrupted when the server ended: that one from
    its last checkpoint, with the same losses."""
    run = await asyncio.to_thread(book.resume, run_id)
    await until_stored(book)
    return run.view()


@router.post("/{id}/step", responses=GOES_ON)
async def step(
    run_id: RunId, book: TheBook, step: Annotated[Step | None, Body()] = None
) -> RunView:
    """Train exactly that many iterations more (1 if the body is left out), then pause. A run that
    trains ends its turn, of 10 ms or one iteration, before these."""
    run = await asyncio.to_thread(book.step, run_id, (step or Step()).iterations)
    await until_stored(book)
    return run.view()


@router.post("/{id}/stop", responses=PENDING | refusals(*READS, ForbiddenMove))
async def stop(run_id: RunId, book: TheBook, response: Response) -> RunView:
    """End a run for good; its losses stay. Answers 202 where `pause` would."""
    run = await asyncio.to_thread(book.stop, run_id, wait_s=0)
    return await _settled(run, book, response)


@router.post("/{id}/fork", status_code=201, responses=COPIES)
async def fork(
    run_id: RunId, book: TheBook, fork: Annotated[Fork | None, Body()] = None
) -> RunList:
    """Make runs that share the past of another up to an iteration, and go on from there with another
    rule, ReLU, pace, or other hyperparameters. What is left of that past to be trained, from the
    run's last checkpoint on, is trained again first."""
    wanted = (fork or Fork()).model_dump(exclude_unset=True)
    at, count = wanted.pop("at", None), wanted.pop("count", 1)
    try:
        runs = await asyncio.to_thread(book.fork, run_id, wanted, at=at, count=count)
    except ValidationError as error:
        schema = RunSpec.model_json_schema()
        raise InvalidFields(Places(schema, schema).errors(error.errors())) from None
    await until_stored(book)
    return RunList(runs=[run.view() for run in runs])


@router.post("/{id}/replay", status_code=201, responses=COPIES)
async def replay(run_id: RunId, book: TheBook) -> RunView:
    """Train a run anew from its start, with all that was changed of it by hand at the iterations where
    it was: the same curve."""
    run = await asyncio.to_thread(book.replay, run_id)
    await until_stored(book)
    return run.view()


async def until_stored(book: Book) -> None:
    """Wait until what has been done is stored, so that no answer tells of what a crash may undo; or
    until the store has a problem, as one that does not answer soon does. That is told elsewhere."""
    settled = asyncio.wrap_future(book.settled())
    while not settled.done() and (book.store is None or book.store.problem is None):
        await asyncio.wait([settled], timeout=STORE_LOOK_S)


async def _settled(run: Run, book: Book, response: Response) -> RunView:
    """A view of `run` once what was asked of it has come about; no thread waits for that."""
    if settled := run.turn.settled:
        done, _ = await asyncio.wait([asyncio.wrap_future(settled)], timeout=VERB_TIMEOUT_S)
        response.status_code = 200 if done else 202
    await until_stored(book)
    return run.view()
