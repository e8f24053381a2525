"""The devices that this machine's torch can train on, what they hold, and how torch is set up."""

import contextlib
import math
import os
import platform
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil
import torch

DEVICE_NAME = re.compile(r"cpu|cuda(:[0-9]{1,3})?")


@dataclass(frozen=True)
class Device:
    """One device: `name` as a spec gives it, `title` as its maker does."""

    name: str
    title: str
    memory_bytes: int


@cache
def _cpu_title() -> str:
    """The CPU's name as its maker gives it, where the system tells."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def devices() -> list[Device]:
    """Every device that a run may ask for, the CPU first."""
    found = [Device("cpu", _cpu_title(), psutil.virtual_memory().total)]
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        found.append(Device(f"cuda:{index}", properties.name, properties.total_memory))
    return found


def canonical(device: str) -> str:
    """`cuda` is `cuda:0`; every other name stands for itself."""
    return "cuda:0" if device == "cuda" else device


def free_bytes(device: str) -> int:
    """Memory that is free on `device` now, in bytes; on the CPU no more than a container lets it."""
    if canonical(device) == "cpu":
        return int(min(psutil.virtual_memory().available, _left_by_cgroup()))
    free, _total = torch.cuda.mem_get_info(torch.device(device))
    return int(free)


def _left_by_cgroup(folder: Path = Path("/sys/fs/cgroup")) -> float:
    """What the limit of a container leaves, in bytes; infinite where there is none."""
    try:
        limit = int((folder / "memory.max").read_text())
        return limit - int((folder / "memory.current").read_text())
    except (OSError, ValueError):  # no control group, or "max"
        return math.inf


def use_one_thread() -> None:
    """One intra-op thread for the calling thread, and for those that start after it.

    Runs share the cores by taking turns; a team of threads for each product would only fight over
    them. Called in the main thread before any other starts, and at the top of each worker, since
    torch keeps the setting in both places.
    """
    torch.set_num_threads(1)


def make_deterministic() -> None:
    """Have torch use the kernel that gives the same bits each time, where it has two; for the whole
    process, before its first use of CUDA.

    On the CPU that costs nothing and changes none of the bits that the tests compare.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # Rather than use_deterministic_algorithms, which does the same and imports the compiler first:
    # a second of each start. Who compiles finds the variable, or has its settings by now.
    torch.set_deterministic_debug_mode("error")
    os.environ.setdefault("TORCHINDUCTOR_DETERMINISTIC", "1")
    if compiler := sys.modules.get("torch._inductor.config"):
        compiler.deterministic = True  # type: ignore[attr-defined]
    # All memory is written before it is read.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


FLAGS = (
    *("ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA"),
    *("CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE"),
)
"""Environment variables that decide which kernels are taken."""


def environment(device: str) -> dict[str, str | int | bool]:
    """What, beside its spec, decides the bits of a run on `device`."""
    names = {known.name: known.title for known in devices()}
    told: dict[str, str | int | bool] = {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": names[canonical(device)],
        "threads": torch.get_num_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
    }
    if canonical(device) != "cpu":
        told |= {
            "cuda": torch.version.cuda or "unknown",
            "compute_capability": "{}.{}".format(*torch.cuda.get_device_capability(device)),
            "tf32": torch.backends.cuda.matmul.allow_tf32,
        }
    return told | {name: os.environ[name] for name in FLAGS if name in os.environ}
