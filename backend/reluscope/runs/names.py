"""What a run is called in the names of files and folders."""

import re
import unicodedata

from .view import RunView

MAX_CHARACTERS = 60


def file_name(view: RunView) -> str:
    """Its name, or its ReLU and its rule where it has none, in letters that every system takes; and
    the first 8 characters of its id."""
    spec = view.spec
    return f"{_safe(spec.name or '') or _safe(f'{spec.relu}-{spec.update.rule}')}-{view.id[:8]}"


def _safe(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.]+", "-", plain)[:MAX_CHARACTERS].strip("-.")
