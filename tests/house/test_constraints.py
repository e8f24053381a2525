"""Every dependency is pinned, and by nothing that is of one machine or one index."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from tests.house import constraints

ROOT = Path(__file__).parents[2]

PIN = re.compile(r"[A-Za-z0-9._-]+==[0-9A-Za-z.!]+")


def pinned() -> list[str]:
    lines = constraints.FILE.read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def plain(name: str) -> str:
    """A name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_each_is_a_release_and_no_more() -> None:
    for line in pinned():
        assert PIN.fullmatch(line), line


def test_all_that_is_declared_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {plain(match[0]) for line in asked if (match := re.match(r"[\w.-]+", line))}
    there = {plain(line.partition("==")[0]) for line in pinned()}
    assert names - there == {"reluscope", "torch"}


def test_what_is_torchs_is_left_to_torch() -> None:
    frozen = [
        "torch==2.13.0+cpu",
        "nvidia-cublas-cu12==12.4.5.8",
        "setuptools==81.0",
        "six==1.17.0",
    ]
    assert constraints.pins(frozen) == ["six==1.17.0"]


def test_what_no_index_has_is_refused() -> None:
    with pytest.raises(ValueError, match="no release of an index"):
        constraints.pins(["six @ file:///tmp/six.whl"])


def test_make_and_the_image_install_what_is_pinned() -> None:
    place = constraints.FILE.relative_to(ROOT).as_posix()
    makefile = (ROOT / "Makefile").read_text()
    assert f"PINS := {place}" in makefile
    compose = (ROOT / "docker-compose.yml").read_text()
    assert f"{place} ./" in compose
    for text in (makefile, compose):
        installs = [
            line for line in text.splitlines() if "pip install" in line and "TORCH" not in line
        ]
        assert installs
        assert all("--constraint" in line for line in installs)
