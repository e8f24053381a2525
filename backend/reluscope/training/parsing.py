"""Python's own words as trees, and as values: one text at a time.

Where two threads parse at once, Python 3.11 (up to 3.11.7 at least) now and then ends one of them in
SystemError: both count in one place how deep they are (python/cpython#106905).
"""

import ast
import threading
from typing import Any

_LOCK = threading.Lock()


def parsed(text: str) -> ast.Module:
    """The tree of a module's text. Raises SyntaxError."""
    with _LOCK:
        return ast.parse(text)


def literal(text: str) -> Any:
    """The value that a literal stands for. Raises ValueError and SyntaxError where it is none."""
    with _LOCK:
        return ast.literal_eval(text)
