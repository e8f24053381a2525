"""GET /api/runs/{id}/events: what happened to a run."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from ...runs.view import Event
from .runs import PROBLEM
from .shared import TheBook

router = APIRouter(tags=["events"], responses=PROBLEM)


class Events(BaseModel):
    """What happened to a run, in the order in which it did."""

    id: str
    events: list[Event]


@router.get("/api/runs/{id}/events")
def events(run_id: Annotated[str, Path(alias="id")], book: TheBook) -> Events:
    """What happened to a run between its iterations: where it went, what was changed of it, and
    where a loss or weight first was not finite."""
    return Events(id=run_id, events=list(book.read(run_id).events))
