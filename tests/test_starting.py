"""A server that is forked is what an interpreter of its own would be."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from reluscope.training.devices import make_deterministic
from tests.server.serving import Api, Process
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked there")

ROOT = Path(__file__).parents[1]

KILLED = """
import time
from tests import starting
from tests.server.serving import Process

with starting.forks():
    process = Process("--port", "0", "--workers", "1")
    process.until_listening()
    print(process.pid, flush=True)
    time.sleep(600)
"""


def is_forked(process: Process) -> bool:
    return psutil.Process(process.pid).ppid() != os.getpid()


@pytest.mark.parametrize("fresh", [False, True])
def test_it_runs_where_and_with_what_it_is_told_and_ends_as_it_should(*, fresh: bool) -> None:
    with contextlib.closing(Process("--nonsense", fresh=fresh)) as wrong:
        assert wrong.wait() == 2
        assert wrong.log.startswith("Usage: ")
    with contextlib.closing(Process("--port", "0", fresh=fresh, RELUSCOPE_WORKERS="1")) as process:
        assert is_forked(process) is not fresh
        there = psutil.Process(process.pid)
        process.until_listening()
        assert there.cwd() == str(Path.cwd())
        assert os.getpgid(process.pid) == os.getpgid(0)
        assert Path(f"/proc/{process.pid}/fd/0").resolve() == Path(os.devnull)
        blocked = Path(f"/proc/{process.pid}/status").read_text().split("SigBlk:")[1].split()[0]
        assert int(blocked, 16) == 0
        process.send(signal.SIGSTOP)
        eventually(lambda: there.status() == psutil.STATUS_STOPPED, "its stop")
        process.send(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.send(signal.SIGKILL)  # to nobody


@pytest.mark.parametrize("fresh", [False, True])
def test_ctrl_c_while_it_starts_ends_it_as_a_shell_tells_of_that(
    tmp_path: Path, *, fresh: bool
) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import sys, time\nsys.stderr.write('here\\n')\ntime.sleep(600)\n")
    process = Process("--port", "0", "--load", str(slow), fresh=fresh)
    with contextlib.closing(process):
        eventually(lambda: "here" in process.log, "the plug-in")
        process.send(signal.SIGINT)
        assert process.wait() == 128 + signal.SIGINT
        assert "Traceback" not in process.log


def test_what_an_interpreter_or_a_library_reads_as_it_starts_takes_one_of_its_own() -> None:
    make_deterministic()  # it sets a variable, which a server would set as well
    with contextlib.ExitStack() as stack:
        for environment in ({}, {"OMP_NUM_THREADS": "1"}, {"PYTHONPATH": str(ROOT)}):
            process = stack.enter_context(contextlib.closing(Process("--help", **environment)))
            assert is_forked(process) is not bool(environment)


def test_nothing_outlives_the_tests_though_they_are_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout is not None
        there = psutil.Process(int(tests.stdout.readline()))
        forking = there.parent()
        assert forking is not None
        assert forking.ppid() == tests.pid
        tests.kill()
    for process in (there, forking):
        eventually(
            lambda process=process: (
                not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
            ),
            "its end",
        )


def test_a_start_is_cheap() -> None:
    """It loads no library again: what it maps is what the process maps that forked it."""
    with contextlib.closing(Process("--port", "0", "--workers", "1")) as process:
        with contextlib.closing(Api(process.until_listening())):
            pass
        there = psutil.Process(process.pid)
        libraries = [{Path(m.path).name for m in p.memory_maps()} for p in (there, there.parent())]
    assert any("torch" in name for name in libraries[1])
    assert not {name for name in libraries[0] - libraries[1] if ".so" in name}
