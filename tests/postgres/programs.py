"""PostgreSQL's programs: found, or installed.

`python -m tests.postgres.programs` prints their folder; where none can be had, it says why and
exits 1.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests import installing

NEEDED = ("initdb", "postgres")

PLACES = (
    "usr/lib/postgresql/*/bin",  # Debian's, which leaves them off PATH
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
)

MISSING = (
    "no PostgreSQL server was found; install one, or name the folder of initdb and postgres "
    "in the environment variable POSTGRES_BIN"
)


def find() -> Path | None:
    """The folder that POSTGRES_BIN names, or one on PATH, or the newest of the usual places."""
    if named := os.environ.get("POSTGRES_BIN"):
        return Path(named) if _complete(Path(named)) else None
    return next(filter(_complete, _candidates()), None)


def _candidates() -> Iterator[Path]:
    if on_path := shutil.which("postgres"):
        yield Path(on_path).parent
    for place in PLACES:
        yield from sorted(Path("/").glob(place), key=_version, reverse=True)


def _version(folder: Path) -> int:
    """15 of /usr/lib/postgresql/15/bin; 0 where the folder's name tells none."""
    numbers = re.findall(r"\d+", folder.parent.name)
    return int(numbers[0]) if numbers else 0


def _complete(folder: Path) -> bool:
    return all(shutil.which(folder / name) for name in NEEDED)


def main() -> None:
    if find() is None and "POSTGRES_BIN" not in os.environ:  # a wrong name is not for apt to mend
        installing.by_apt("postgresql")
    found = find()
    if found is None:
        sys.exit(MISSING)
    print(found)


if __name__ == "__main__":
    main()
