"""GET /api/runs/{id}/script: a run as one plain PyTorch script."""

from fastapi import APIRouter, Response

from ...errors import NoSource
from ...training import script as scripts
from ..description.document import refusals
from .shared import READS, RunId, TheBook

router = APIRouter(tags=["script"])


class Script(Response):
    """A Python file."""

    media_type = "text/x-python"


@router.get("/api/runs/{id}/script", response_class=Script, responses=refusals(*READS, NoSource))
def script(run_id: RunId, book: TheBook) -> Script:
    """The run as one plain PyTorch script that prints the same losses, with what was changed by
    hand so far."""
    with book.reading(run_id) as run:
        text = scripts.script(*run.history(), run.environment)
    name = f"reluscope-{run.id[:8]}.py"
    return Script(text, headers={"Content-Disposition": f'inline; filename="{name}"'})
