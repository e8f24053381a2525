"""GET /api/runs/{id}/script: a run as one plain PyTorch script."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from ...training import script as scripts
from .runs import PROBLEM
from .shared import TheBook

router = APIRouter(tags=["script"], responses=PROBLEM)


class Script(Response):
    """A Python file."""

    media_type = "text/x-python"


@router.get("/api/runs/{id}/script", response_class=Script)
def script(run_id: Annotated[str, Path(alias="id")], book: TheBook) -> Script:
    """The run as one plain PyTorch script that prints the same losses, with what was changed by
    hand so far."""
    run = book.read(run_id)
    text = scripts.script(*run.history(), run.environment)
    name = f"reluscope-{run.id[:8]}.py"
    return Script(text, headers={"Content-Disposition": f'inline; filename="{name}"'})
