"""What lies where, and what no file may carry."""

import re
import subprocess
from pathlib import Path

from typer.main import get_command

from reluscope.cli.app import app

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


def test_the_readme_calls_the_command_with_options_that_it_has() -> None:
    readme = (ROOT / "README.md").read_text()
    calls = re.findall(r"^(?:reluscope|make run ARGS=).*", readme, re.MULTILINE)
    commands = get_command(app).commands  # type: ignore[attr-defined]
    named = set()
    for call in calls:
        said, _, _ = call.partition("#")
        words = said.split()
        name = words[1] if words[1:] and words[0] == "reluscope" else "serve"
        name = name if name in commands else "serve"
        named.add(name)
        known = {
            word for each in commands[name].params for word in (*each.opts, *each.secondary_opts)
        }
        assert set(re.findall(r"--[a-z-]+", said)) <= known | {"--help"}, call
    assert {*commands} - {"pause", "resume", "stop"} == named
