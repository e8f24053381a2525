"""File systems of the tests' own, which can fill up and be made read-only."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path


class Mount:
    """A tmpfs in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def again(self, options: str) -> None:
        """Mounted anew with these options; whoever has a file open there keeps it."""
        subprocess.run(
            ["mount", "-o", f"remount,{options}", self.folder], check=True, capture_output=True
        )

    def fill(self) -> None:
        """Not one byte more has room."""
        with (
            (self.folder / "filler").open("ab", buffering=0) as filler,
            contextlib.suppress(OSError),
        ):
            while filler.write(bytes(4096)):
                pass


@contextlib.contextmanager
def tmpfs(folder: Path, size: str) -> Iterator[Mount | None]:
    """While inside, a file system of that size is mounted at the folder; None where that may not be
    done here."""
    folder.mkdir(exist_ok=True)
    made = (
        os.geteuid() == 0
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder],
            check=False,
            capture_output=True,
        ).returncode
        == 0
    )
    try:
        yield Mount(folder) if made else None
    finally:
        if made:
            subprocess.run(["umount", "-l", folder], check=True, capture_output=True)
