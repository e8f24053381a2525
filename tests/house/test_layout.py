"""What lies where, and what no file may carry."""

import re
import subprocess
from pathlib import Path

from reluscope.settings import Settings

ROOT = Path(__file__).parents[2]

TOP = {
    ".ci",
    ".gitignore",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "backend",
    "docker-compose.yml",
    "frontend",
    "pyproject.toml",
    "tests",
}

HOMES = re.compile(r"/(?:home|Users|root)/\w")


def files() -> list[Path]:
    """Every file in git, relative to the root."""
    command = ["git", "-C", str(ROOT), "ls-files"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in listed.splitlines() if (ROOT / name).exists()]


def test_nothing_new_at_the_top() -> None:
    assert {file.parts[0] for file in files()} <= TOP


def test_no_file_carries_a_path_of_one_machine() -> None:
    here = str(ROOT) if len(ROOT.parts) > 2 else None
    for file in files():
        text = (ROOT / file).read_text(errors="ignore")
        assert not HOMES.search(text), file
        assert here is None or here not in text, file


def test_the_readme_starts_the_server_with_options_that_it_has() -> None:
    readme = (ROOT / "README.md").read_text()
    starts = re.findall(r"^(?:reluscope|make run ARGS=).*", readme, re.MULTILINE)
    known = {name.replace("_", "-") for name in Settings.model_fields} | {"help", "no-store"}
    for start in starts:
        assert set(re.findall(r"--([a-z-]+)", start)) <= known, start
