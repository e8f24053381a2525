"""The machine that the figures hold for, and what others did on it meanwhile."""

import os
import platform
import re
import time
from pathlib import Path
from typing import Any

import psutil
import torch

QUIET_CORES = 0.1
"""What others may take while the machine still counts as quiet."""

LOOK_S = 0.2


def about() -> dict[str, Any]:
    """What, beside the code, decides the figures."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "processor": _processor(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


class Others:
    """How much of the machine went to other processes since this was made."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._busy_s, self._own_s = _busy_s(), _own_s()

    def cores(self) -> float:
        """Cores' worth of time that others used, on average."""
        busy_s, own_s = _busy_s() - self._busy_s, _own_s() - self._own_s
        return max(0.0, busy_s - own_s) / (time.perf_counter() - self._began)


def wait_for_quiet(patience_s: float) -> bool:
    """Wait until others leave the machine alone, or patience ends; whether they do."""
    deadline = time.perf_counter() + patience_s
    while time.perf_counter() < deadline:
        others = Others()
        time.sleep(LOOK_S)
        if others.cores() < QUIET_CORES:
            return True
    return False


def _processor() -> str:
    """Its model, where Linux tells it; else its kind."""
    told = Path("/proc/cpuinfo")
    found = re.search(
        r"^model name\s*: (.+)$", told.read_text() if told.exists() else "", re.MULTILINE
    )
    return found[1] if found else platform.processor() or platform.machine()


def _busy_s() -> float:
    """Seconds that all cores together have worked since the machine started."""
    times = psutil.cpu_times()
    return sum(getattr(times, kind, 0.0) for kind in ("user", "nice", "system", "irq", "softirq"))


def _own_s() -> float:
    """Seconds that this process and its children have worked, those that have ended, too."""
    here = psutil.Process()
    times = [process.cpu_times() for process in (here, *here.children(recursive=True))]
    return sum(sum(time[:4]) for time in times)  # user, system, and both of children that ended
