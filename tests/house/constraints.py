"""What is installed: `python -m tests.house.constraints TORCH...` brings the newest of everything into
the environment that runs it, and writes .ci/constraints.txt.

All other installs take these versions. There are no hashes: pip's mode for them wants one of every
package, so of torch, too, whose builds come from many indexes, and refuses editable installs.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

FILE = Path(__file__).parents[2] / ".ci" / "constraints.txt"

OLDEST = (3, 11)
"""The Python that takes part in deciding: what runs on it runs on later ones."""

OF_TORCH = re.compile(r"torch|triton|nvidia-.+|cuda-.+|setuptools|sympy|mpmath")
"""What TORCH decides: some releases of torch ask for one version of these alone, or for older ones."""

HEAD = """\
# Made by `make constraints`: what CI, make and the image install, on whatever system, to the version.
# Left out is torch, which TORCH chooses, and what some releases of it are particular about: its CUDA
# and triton, setuptools, sympy and mpmath.
"""


def pins(frozen: Sequence[str]) -> list[str]:
    """Of what `pip freeze` says, the lines that hold anywhere."""
    kept = []
    for line in frozen:
        name, told, version = line.partition("==")
        if not told:
            raise ValueError(f"{line!r} is no release of an index")
        if not OF_TORCH.fullmatch(name):
            kept.append(f"{name}=={version.partition('+')[0]}")
    return kept


def _pip(*words: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(torch: Sequence[str]) -> None:
    if sys.version_info[:2] != OLDEST:
        sys.exit(f"constraints are made by Python {'.'.join(map(str, OLDEST))}: make PYTHON=...")
    _pip("install", *torch)
    (version,) = (line for line in _pip("freeze").splitlines() if line.startswith("torch=="))
    newest = ("--upgrade", "--upgrade-strategy", "eager")
    _pip("install", *newest, "--editable", ".[dev]", version)
    _pip("check")
    frozen = _pip("freeze", "--all", "--exclude-editable").splitlines()
    FILE.write_text(HEAD + "".join(f"{line}\n" for line in pins(frozen)))


if __name__ == "__main__":
    main(sys.argv[1:])
