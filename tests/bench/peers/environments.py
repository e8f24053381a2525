"""An environment for each peer: what one asks for is none of ours, nor of the others.

They lie beside the packages of the interpreter that runs this, and borrow from it, torch above all.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.bench.peers.loggers import PEERS

FOLDER = Path(sys.prefix) / "peers"

PATIENCE_S = 900.0


class NotHere(Exception):
    """A peer cannot be installed, or does not run; why."""


def python_for(name: str) -> Path:
    """The interpreter that has this peer, which is installed where it is not yet."""
    folder = FOLDER / name
    interpreter, mark = folder / "bin" / "python", folder / "installed"
    wanted = PEERS[name].requirement
    if not (mark.exists() and mark.read_text() == wanted):
        print(f"installing {wanted} in {folder}", file=sys.stderr)
        asked(sys.executable, "-m", "venv", "--clear", "--without-pip", folder)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        own = folder / "lib" / version / "site-packages"
        ours = sysconfig.get_path("purelib")
        (own / "borrowed.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
        asked(interpreter, "-m", "pip", "install", "--quiet", wanted)
        mark.write_text(wanted)
    return interpreter


def asked(
    *command: str | Path,
    environment: dict[str, str] | None = None,
    folder: Path | None = None,
    patience_s: float = PATIENCE_S,
) -> str:
    """What such a command prints; why it does not end well, as `NotHere`."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise NotHere(f"it took more than {expired.timeout:.0f} s") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise NotHere(said[-1])
    return done.stdout
