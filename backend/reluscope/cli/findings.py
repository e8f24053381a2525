"""What `reluscope doctor` looks at: each a function that tells what it found, and what to do."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import socket
import time
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from ..errors import PluginError, StoreInUse, StoreTooNew
from ..settings import Settings

Verdict = Literal["ok", "warning", "problem"]

SCARCE_BYTES = 2**30
"""Less free than that, of memory or disk, is told as a warning."""

ANSWER_S = 3.0
"""How long a server may take to say who it is."""

ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - it is asked, not bound
"""Where a server is asked that listens on every address."""

EXTRAS = {
    "postgres": "psycopg",
    "parquet": "pyarrow",
    "tensorboard": "tensorboard",
    "pandas": "pandas",
    "jupyter": "anywidget",
}
"""What more may be installed, and a module of it."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox", "safari", "msedge")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    told: str
    advice: str | None = None
    """What to do, where something is to be done."""


Findings = Iterator[Finding]


def look(settings: Settings) -> Findings:
    """Everything, one after the other; the last is of no use where the first are wrong."""
    for each in CHECKS:
        yield from each(settings)


def _python(_: Settings) -> Findings:
    told = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield Finding("python", "ok", told)
    there = [name for name, module in EXTRAS.items() if importlib.util.find_spec(module)]
    yield Finding("extras", "ok", ", ".join(there) or "none of " + ", ".join(EXTRAS))


def _torch(settings: Settings) -> Findings:
    try:
        import torch
    except Exception as error:  # noqa: BLE001 - a broken install raises whatever it likes
        yield Finding("torch", "problem", f"cannot be imported: {error}", "install torch anew")
        return
    from ..training import devices as machine

    cuda = f", built for CUDA {torch.version.cuda}" if torch.version.cuda else ""
    capability = torch.backends.cpu.get_cpu_capability()
    yield Finding("torch", "ok", f"{torch.__version__}{cuda}, {capability}")
    for device in machine.devices():
        free = machine.free_bytes(device.name)
        told = f"{device.title}, {_size(free)} of {_size(device.memory_bytes)} free"
        few = free < SCARCE_BYTES
        advice = "end other programs, or name how much runs may take by --memory" if few else None
        yield Finding(f"device {device.name}", "warning" if few else "ok", told, advice)
    if torch.version.cuda and not torch.cuda.is_available():
        yield Finding(
            "device cuda",
            "warning",
            "torch is built for CUDA and sees no device",
            "look at the driver",
        )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    many = settings.workers > (cores or 1)
    told = f"{settings.workers} workers of one thread each, {cores} cores"
    advice = "fewer --workers: each more only takes turns with the others" if many else None
    yield Finding("threads", "warning" if many else "ok", told, advice)


def _plugins(settings: Settings) -> Findings:
    from ..training import plugins
    from ..training.relus import RELUS
    from ..training.rules import RULES

    before = {*RELUS, *RULES}
    try:
        plugins.load(settings.load)
    except PluginError as error:
        yield Finding("plug-ins", "problem", str(error), "mend it, or uninstall what brings it")
        return
    came = [name for name in (*RELUS, *RULES) if name not in before]
    yield Finding("plug-ins", "ok", ", ".join(came) or "none")


def _store(settings: Settings) -> Findings:
    if not settings.store:
        yield Finding("store", "ok", "none: runs are kept in memory alone")
    elif settings.database_url is not None:
        yield _database(settings.database_url.get_secret_value())
    else:
        yield _folder(settings.data)


def _database(url: str) -> Finding:
    from sqlalchemy.exc import ArgumentError, DBAPIError

    from ..runs.store.database import Database

    try:
        database = Database.at(url)
    except ArgumentError:
        advice = "expected a URL such as postgresql://user:password@host/name"
        return Finding("database", "problem", "--database-url is no URL of PostgreSQL", advice)
    except ImportError:
        advice = "pip install 'reluscope[postgres]'"
        return Finding("database", "problem", "nothing is installed that speaks PostgreSQL", advice)
    try:
        there = database.look()
    except StoreTooNew as error:
        return Finding("database", "problem", str(error), "install that version")
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        if database.url.password:
            reason = reason.replace(database.url.password, "***")
        advice = "is it started, and are host, name, user and password right?"
        return Finding("database", "problem", f"{database} does not answer: {reason}", advice)
    held = f", in use by {there.holder}" if there.holder else ""
    return Finding("database", "ok", f"{database}, {there.runs} runs{held}")


def _folder(path: Path) -> Finding:
    from sqlalchemy.exc import DBAPIError

    from ..runs.store.database import Database
    from ..runs.store.folder import FILE, Folder

    def finding(verdict: Verdict, told: str, advice: str | None = None) -> Finding:
        return Finding("data folder", verdict, f"{path}: {told}", advice)

    there = next(folder for folder in (path, *path.parents) if folder.exists())
    if not there.is_dir():
        return finding("problem", f"{there} is no folder", "name another place by --data")
    if not os.access(there, os.W_OK | os.X_OK):
        return finding(
            "problem", f"{there} cannot be written", "have it, or name another by --data"
        )
    free = shutil.disk_usage(there).free
    told = [f"{_size(free)} free"]
    file = path / FILE
    if file.exists():
        size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
        try:
            told.insert(0, f"{Database.in_file(file).look().runs} runs in {_size(size)}")
        except StoreTooNew as error:
            return finding("problem", str(error), "install that version, or name another by --data")
        except DBAPIError as error:
            return finding(
                "problem", f"{FILE} cannot be read: {error.orig}", "restore a copy of it"
            )
    else:
        told.insert(0, "nothing in it yet")
    try:
        Folder(path).look()
    except StoreInUse as error:
        told.append(str(error).partition(" is ")[2])
    except OSError as error:
        return finding("problem", f"cannot be locked: {error.strerror}", "name another by --data")
    few = free < SCARCE_BYTES
    return finding("warning" if few else "ok", ", ".join(told), "make room" if few else None)


def _port(settings: Settings) -> Findings:
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        yield Finding("port", "problem", f"{host}: {error.strerror}", "name another by --host")
        return
    with socket.socket(family, kind, protocol) as listening:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
        except OSError as error:
            who = _who(ANY.get(host, host), port)
            if who is None:
                told, advice = f"{host}:{port}: {error.strerror}", "name another by --port"
                yield Finding("port", "problem", told, advice)
            else:
                yield Finding("port", "ok", f"{who} serves on {host}:{port}")
            return
    yield Finding("port", "ok", f"{host}:{port} is free")


def _who(host: str, port: int) -> str | None:
    """What says of itself there that it is a reluscope; None where nothing does."""
    import httpx

    shown = f"[{host}]" if ":" in host else host
    try:
        answer = httpx.get(f"http://{shown}:{port}/api/catalog", timeout=ANSWER_S, trust_env=False)
        told = answer.json()
        if str(told.get("type", "")).startswith("urn:reluscope:"):
            return "a reluscope that wants a token"
        return f"reluscope {told['versions']['reluscope']}"
    except (httpx.HTTPError, ValueError, KeyError, AttributeError, TypeError):
        return None


def _browser(_: Settings) -> Findings:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        try:
            found = webbrowser.get().name
        except webbrowser.Error:
            advice = "look at the page from another machine, or install one"
            yield Finding("browser", "warning", "none was found here", advice)
            return
    yield Finding("browser", "ok", found)


def _clock(_: Settings) -> Findings:
    """A wrong clock puts new runs among old ones."""
    now = datetime.now().astimezone()
    installed = Path(__file__).stat().st_mtime
    if time.time() < installed:
        then = datetime.fromtimestamp(installed).astimezone()
        told = f"{now:%Y-%m-%d %H:%M %Z} is before this was installed, {then:%Y-%m-%d %H:%M %Z}"
        yield Finding("clock", "warning", told, "set it")
    else:
        yield Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M:%S %Z}")


CHECKS: tuple[Callable[[Settings], Findings], ...] = (
    _python,
    _torch,
    _plugins,
    _store,
    _port,
    _browser,
    _clock,
)


def _size(count: int) -> str:
    """Bytes as people read them."""
    size = float(count)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:  # noqa: PLR2004 - of the units
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
