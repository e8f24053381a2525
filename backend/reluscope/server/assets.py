"""The page's files and plotly.js, all from this machine."""

import gzip
import hashlib
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request, Response
from plotly.offline import get_plotlyjs, get_plotlyjs_version

router = APIRouter(include_in_schema=False)

GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
"""Accept-Encoding lets gzip in."""


def frontend_directory() -> Path:
    """Where the page lies: beside the sources in a checkout, inside the package when installed."""
    package = Path(str(files("reluscope")))
    checkout = package.parent.parent / "frontend"
    if package.parent.name == "backend" and checkout.is_dir():
        return checkout
    return package / "_frontend"


def plotlyjs_version() -> str:
    """The version of the plotly.js that is served."""
    version: str = get_plotlyjs_version()
    return version


@cache
def _plotlyjs() -> tuple[bytes, str]:
    """plotly.js, compressed once (1.5 MB of 4.8), and its tag."""
    source: bytes = get_plotlyjs().encode()
    return gzip.compress(source, 6), f'W/"{hashlib.sha256(source).hexdigest()[:16]}"'


@router.api_route("/vendor/plotly.js", methods=["GET", "HEAD"])
def plotlyjs(request: Request) -> Response:
    """plotly.js as the installed plotly package carries it."""
    packed, tag = _plotlyjs()
    headers = {"ETag": tag, "Vary": "Accept-Encoding"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = packed
    if GZIP.search(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(packed)
    return Response(body, media_type="text/javascript", headers=headers)
