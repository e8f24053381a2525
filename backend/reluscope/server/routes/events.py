"""GET /api/runs/{id}/events: what happened to a run."""

from fastapi import APIRouter
from pydantic import BaseModel

from ...runs.view import Event
from ..description.document import refusals
from .shared import READS, RunId, TheBook

router = APIRouter(tags=["events"])


class Events(BaseModel):
    """What happened to a run, in the order in which it did."""

    id: str
    events: list[Event]


@router.get("/api/runs/{id}/events", responses=refusals(*READS))
def events(run_id: RunId, book: TheBook) -> Events:
    """What happened to a run between its iterations: where it went, what was changed of it, and
    where a loss or weight first was not finite."""
    with book.reading(run_id) as run:
        return Events(id=run_id, events=list(run.events))
