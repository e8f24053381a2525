"""GET /api/runs/{id}/script: a run as one plain PyTorch script."""

import threading

from fastapi import APIRouter, Response

from ...errors import NoSource
from ...training import script as scripts
from ..description.document import refusals
from .shared import READS, RunId, TheBook

router = APIRouter(tags=["script"])

_ONE_AT_A_TIME = threading.Lock()
"""For what parses: where two threads do, Python 3.11 (up to 3.11.7 at least) now and then ends one of them
in SystemError, as both count in one place how deep they are (python/cpython#106905)."""


class Script(Response):
    """A Python file."""

    media_type = "text/x-python"


@router.get("/api/runs/{id}/script", response_class=Script, responses=refusals(*READS, NoSource))
def script(run_id: RunId, book: TheBook) -> Script:
    """The run as one plain PyTorch script that prints the same losses, with what was changed by
    hand so far."""
    with book.reading(run_id) as run, _ONE_AT_A_TIME:
        text = scripts.script(*run.history(), run.environment)
    name = f"reluscope-{run.id[:8]}.py"
    return Script(text, headers={"Content-Disposition": f'inline; filename="{name}"'})
