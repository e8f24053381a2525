"""The page's files, plotly.js and Swagger UI, all from this machine.

The page asks for its files by a name that changes with what is in any of them, so that a browser may
keep them for good: a page that is opened again asks for one file rather than a hundred and fifty, and
never runs with half of an older version's.
"""

import gzip
import hashlib
import math
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from mimetypes import guess_type
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from plotly.offline import get_plotlyjs, get_plotlyjs_version
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from .door.roles import Role

router = APIRouter(include_in_schema=False)

FOR_GOOD = "public, max-age=31536000, immutable"
"""A year, which is as long as there is."""

SWAGGER = "fastapi-swagger"
"""The package that carries Swagger UI."""

LOOK_S = 1.0
"""How often it is looked at most whether a file has changed: a class that opens the page at once would
have some seconds of it."""

ROOT = "<html"
"""Where the page is told what it may do."""

OWN_FILE = re.compile(r' (?:src|href)="(?=[\w./-]+")')
"""Where the page names a file of its own."""

GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
"""Accept-Encoding lets gzip in."""


def frontend_directory() -> Path:
    """Where the page lies: beside the sources in a checkout, inside the package when installed."""
    package = Path(str(files("reluscope")))
    checkout = package.parent.parent / "frontend"
    if package.parent.name == "backend" and checkout.is_dir():
        return checkout
    return package / "_frontend"


class _Version(NamedTuple):
    """The page's files as they were at a moment."""

    name: str
    stats: dict[str, tuple[int, int]]
    """When each was changed, in ns, and how many bytes it has, by its path."""

    packed: dict[str, bytes]
    """What is in each: 0.16 MB for 0.6."""


class Page:
    """The directory in which the page lies. It may change while it is served."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._version = _Version("", {}, {})
        self._looked_at = -math.inf
        self.files = StaticFiles(directory=directory)

    def html(self, role: Role | None, name: str = "index.html") -> str:
        """A page for whoever has that role, or the one before all for who has none yet; each
        names its files by their version as they are now."""
        shown = "signin.html" if role is None else name
        html = (self._directory / shown).read_text(encoding="utf-8")
        html = html.replace(ROOT, f'{ROOT} data-role="{role}"', 1)
        return OWN_FILE.sub(rf"\g<0>assets/{self.version()}/", html)

    def version(self) -> str:
        """What tells all that is in the files now from all that was."""
        if time.monotonic() - self._looked_at < LOOK_S:
            return self._version.name
        self._looked_at = time.monotonic()
        stats = dict(sorted(self._stats()))
        if stats != self._version.stats:
            content = {name: (self._directory / name).read_bytes() for name in stats}
            told = hashlib.sha256(f"{plotlyjs_version()} {version(SWAGGER)}".encode())
            for name, data in content.items():
                told.update(f"\0{name}\0".encode() + hashlib.sha256(data).digest())
            packed = {name: gzip.compress(data, 6) for name, data in content.items()}
            self._version = _Version(told.hexdigest()[:16], stats, packed)
        return self._version.name

    def packed(self, version: str, path: str) -> bytes | None:
        """A file as it is in the newest version; None where that is another one, or has none."""
        newest = self._version
        return newest.packed.get(path) if version == newest.name else None

    def _stats(self) -> Iterator[tuple[str, tuple[int, int]]]:
        for path in self._directory.rglob("*"):
            try:
                found = path.stat()
            except FileNotFoundError:  # an editor's, for a moment
                continue
            if S_ISREG(found.st_mode):
                name = path.relative_to(self._directory).as_posix()
                yield name, (found.st_mtime_ns, found.st_size)


def _sent(request: Request, name: str, packed: bytes, headers: dict[str, str]) -> Response:
    """A file that is kept compressed, as it is to whoever can unpack it."""
    headers = {**headers, "Vary": "Accept-Encoding"}
    body = packed
    if GZIP.search(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(packed)
    media_type = "text/javascript" if name.endswith(".js") else guess_type(name)[0]
    return Response(body, media_type=media_type, headers=headers)


@router.api_route("/", methods=["GET", "HEAD"])
def page(request: Request) -> Response:
    """The page."""
    html = request.app.state.page.html(request.state.role)
    return HTMLResponse(html, headers={"Vary": "Cookie"})


@router.api_route("/docs", methods=["GET", "HEAD"])
def docs_page(request: Request) -> Response:
    """The OpenAPI document, to be read and tried."""
    html = request.app.state.page.html(request.state.role, "docs.html")
    return HTMLResponse(html, headers={"Vary": "Cookie"})


def plotlyjs_version() -> str:
    """The version of the plotly.js that is served."""
    version: str = get_plotlyjs_version()
    return version


def _swagger(name: str) -> bytes:
    return (files("fastapi_swagger") / "resources" / name).read_bytes()


VENDOR: dict[str, Callable[[], bytes]] = {
    "plotly.js": lambda: get_plotlyjs().encode(),
    "swagger-ui.js": lambda: _swagger("swagger-ui-bundle.js"),
    "swagger-ui.css": lambda: _swagger("swagger-ui.css"),
}
"""What others have made, as installed packages carry it."""


@cache
def _packed(name: str) -> tuple[bytes, str]:
    """Such a file, compressed once (plotly.js has 1.5 MB of 4.8 then), and its tag."""
    source = VENDOR[name]()
    return gzip.compress(source, 6), f'W/"{hashlib.sha256(source).hexdigest()[:16]}"'


@router.api_route("/assets/{version}/vendor/{name}", methods=["GET", "HEAD"])
def vendor_of_a_version(request: Request, version: str, name: str) -> Response:
    """A file of others, for good where the version is this one."""
    answer = vendor(request, name)
    if version == request.app.state.page.version():
        answer.headers["Cache-Control"] = FOR_GOOD
    return answer


@router.api_route("/assets/{version}/{path:path}", methods=["GET", "HEAD"])
async def file_of_a_version(request: Request, version: str, path: str) -> Response:
    """A file of the page, for good where it is of that version."""
    page: Page = request.app.state.page
    packed = page.packed(version, path)
    if packed is None:
        return await page.files.get_response(path, request.scope)
    return _sent(request, path, packed, {"Cache-Control": FOR_GOOD})


@router.api_route("/vendor/{name}", methods=["GET", "HEAD"])
def vendor(request: Request, name: str) -> Response:
    """A file of others."""
    if name not in VENDOR:
        raise HTTPException(404)
    packed, tag = _packed(name)
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": tag, "Vary": "Accept-Encoding"})
    return _sent(request, name, packed, {"ETag": tag})
