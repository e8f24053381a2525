"""What all tests share: the cuda marker, a PostgreSQL, and the tutorials' own losses."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from reluscope.training.devices import use_one_thread
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES
from tests import starting
from tests.places import Place
from tests.postgres.cluster import Cluster

# A busy machine is no error.
settings.register_profile("reluscope", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("reluscope")

TUTORIALS = Path(__file__).parent / "training" / "tutorials"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "cuda: needs a CUDA device; skipped where there is none")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may take longest begins first, so that at the end no process waits for another."""
    longest: dict[Path, float] = {}
    for item in items:
        patience = item.get_closest_marker("timeout")
        longest[item.path] = max(longest.get(item.path, 0), patience.args[0] if patience else 0)
    items.sort(key=lambda item: -longest[item.path])
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("cuda"):
            item.add_marker(pytest.mark.skip(reason="torch sees no CUDA device"))


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Torch as the server sets it up."""
    use_one_thread()


@pytest.fixture(scope="session", autouse=True)
def _forks() -> Iterator[None]:
    """Servers start cheaply."""
    with starting.forks():
        yield


@pytest.fixture
def registries() -> Iterator[None]:
    """What a test enters, and the modules that it loads, are gone when it is over."""
    relus, rules, modules = dict(RELUS), dict(RULES), set(sys.modules)
    yield
    for registry, kept in ((RELUS, relus), (RULES, rules)):
        registry.clear()
        registry.update(kept)
    for name in set(sys.modules) - modules:
        if name.startswith(("reluscope_loaded", "plugged")):
            del sys.modules[name]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL that all tests share, from the first that asks for it. None is no reason to
    skip: a test without one fails."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def database_url(postgres: Cluster) -> Iterator[str]:
    """A new database there. In the end it is dropped, and the cluster answers again, whatever the
    test did to it."""
    url = postgres.create()
    yield url
    postgres.start()
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place for a store, where nothing is yet."""
    url = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    return Place(tmp_path / "data", url)


@pytest.fixture(scope="session")
def tutorial_losses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    """What each tutorial prints, by the name of its preset; run as a person would run it, once for
    all processes that share the tests."""
    own = tmp_path_factory.getbasetemp()
    told = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "tutorials.json"
    with told.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(json.dumps(_printed_losses()))
    losses: dict[str, list[float]] = json.loads(told.read_text())
    return losses


def _printed_losses() -> dict[str, list[float]]:
    scripts = {
        "autograd": "tensors_and_autograd.py",
        "custom_function": "custom_function.py",
    }
    running = {
        name: subprocess.Popen(
            [sys.executable, str(TUTORIALS / script)],
            stdout=subprocess.PIPE,
            text=True,
            # As many threads as torch likes, which sleep, not spin, while they wait for each other.
            env={**os.environ, "OMP_WAIT_POLICY": "passive"},
        )
        for name, script in scripts.items()
    }
    printed = {name: process.communicate(timeout=100)[0] for name, process in running.items()}
    assert all(process.returncode == 0 for process in running.values())
    return {name: [float(line) for line in text.splitlines()] for name, text in printed.items()}
