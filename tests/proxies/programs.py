"""The proxies that the tests go through: found, or installed.

`python -m tests.proxies.programs` prints their paths; where one cannot be had, it says why and exits 1.
"""

import os
import shutil
import sys
from pathlib import Path

from tests import installing

NAMES = ("nginx", "caddy")

PLACES = f"/usr/sbin{os.pathsep}/usr/local/sbin{os.pathsep}/opt/homebrew/bin"
"""Where they are though they are not on PATH, as nginx on Debian."""


def find(name: str) -> Path | None:
    """The one that NGINX_BIN or CADDY_BIN names, or one on PATH, or in the usual places."""
    if named := os.environ.get(_variable(name)):
        return Path(named) if shutil.which(named) else None
    found = shutil.which(name) or shutil.which(name, path=PLACES)
    return Path(found) if found else None


def missing(name: str) -> str:
    """What to do where there is none."""
    return (
        f"no {name} was found, and none could be installed; install one, or name its program in the "
        f"environment variable {_variable(name)}"
    )


def _variable(name: str) -> str:
    return f"{name.upper()}_BIN"  # NGINX alone is a variable of nginx's own


def main() -> None:
    for name in NAMES:
        if find(name) is None and _variable(name) not in os.environ:  # a wrong name is not for apt
            installing.by_apt(name)
        found = find(name)
        if found is None:
            sys.exit(missing(name))
        print(found)


if __name__ == "__main__":
    main()
