"""The benchmark measures what it says, and says whether that is enough; how much it is, is no test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import WANTED, verdict

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("reached", "code"),
    [([WANTED], 0), ([WANTED - 0.1] * 3, 1), ([0.1, WANTED + 0.1, WANTED + 0.2], 0), ([], 2)],
)
def test_its_exit_code_is_its_verdict(reached: list[float], code: int) -> None:
    assert verdict(reached, 3) == code


def test_every_figure_is_measured_and_reported(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "tests.bench", "--rounds", "1", "--window", "0.1"]
    done = subprocess.run(
        [*command, "--json", report], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1, 2), done.stderr
    figures = json.loads(report.read_text())["figures"]
    assert len(figures) > 8
    for figure in figures:
        assert figure["title"] in done.stdout
        assert len(figure["values"]) == 1
        assert figure["values"][0] > 0 or "others" in figure["title"]
