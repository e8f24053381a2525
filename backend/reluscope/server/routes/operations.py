"""For whoever runs the server: is it alive?"""

from fastapi import APIRouter

router = APIRouter(tags=["operations"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answers while the event loop runs."""
    return {"status": "ok"}
