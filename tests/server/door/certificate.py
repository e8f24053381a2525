"""A certificate for this machine, made by itself."""

import subprocess
from pathlib import Path
from typing import NamedTuple

PASSWORD = "a password of the tests"


class Certificate(NamedTuple):
    """The files, as PEM."""

    certificate: Path
    key: Path
    locked: Path
    """The key, under `PASSWORD`."""


def make(folder: Path) -> Certificate:
    made = Certificate(folder / "scope.pem", folder / "scope.key", folder / "locked.key")
    curve = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    names = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    files = ("-keyout", made.key, "-out", made.certificate)
    _openssl("req", "-x509", "-nodes", "-newkey", *curve, *names, *files)
    locking = ("-aes256", "-passout", f"pass:{PASSWORD}")
    _openssl("pkey", "-in", made.key, *locking, "-out", made.locked)
    return made


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)
