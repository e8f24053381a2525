"""What `reluscope doctor` looks at: each a function that tells what it found, and what to do."""

import importlib.util
import os
import platform
import shutil
import time
import webbrowser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ..errors import PluginError
from ..settings import Settings
from .addresses import address
from .finding import SCARCE_BYTES, Finding, Findings, size
from .stores import store

EXTRAS = {
    "postgres": "psycopg",
    "parquet": "pyarrow",
    "tensorboard": "tensorboard",
    "pandas": "pandas",
    "jupyter": "anywidget",
}
"""What more may be installed, and a module of it."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox", "safari", "msedge")


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
        told = f"{device.title}, {size(free)} of {size(device.memory_bytes)} free"
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
    store,
    address,
    _browser,
    _clock,
)
