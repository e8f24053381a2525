"""No browser, no pass: a browser test that is skipped has failed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

SKIPPING = """
import pytest

def test_that_looks(): pass

def test_that_skips(): pytest.skip("no browser here")

@pytest.mark.skip
def test_that_is_skipped(): pass
"""


def test_a_browser_test_that_skips_fails(tmp_path: Path) -> None:
    hook = "from tests.page.conftest import pytest_runtest_makereport"
    (tmp_path / "conftest.py").write_text(f"{hook}\n")
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            f"--rootdir={tmp_path}",
            tmp_path,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 1 passed, 1 error" in done.stdout, done.stdout
