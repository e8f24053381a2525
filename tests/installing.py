"""Installing what the tests need and pip cannot bring."""

import os
import shutil
import subprocess
import sys

TIMEOUT_S = 900


def by_apt(package: str) -> bool:
    """Whether apt is there, is ours to use, and has installed a package."""
    if not shutil.which("apt-get"):
        return False
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and not (shutil.which("sudo") and run("sudo", "-n", "true")):
        return False
    run(*sudo, "apt-get", "update")  # one broken source need not matter
    return run(*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", package)


def run(*command: str) -> bool:
    """Whether it went well. What it says goes to stderr, since stdout is for what was found."""
    try:
        done = subprocess.run(command, stdout=sys.stderr, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
