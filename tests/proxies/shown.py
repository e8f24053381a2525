"""The configurations that README.md shows, changed by no more than where things are here."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"

SOCKET = "/run/reluscope/socket"
OR_PORT = re.compile(r"http://unix:[^;]+;  # or (http://127\.0\.0\.1:8000)")
"""Where nginx's says what to write for a server that has a port."""

CERTIFICATE = "/etc/ssl/scope.pem"
KEY = "/etc/ssl/scope.key"


def of(language: str) -> str:
    """The only block of code in that language."""
    (block,) = re.findall(
        rf"^```{language}\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL
    )
    return str(block)


def placed(text: str, places: dict[str, object]) -> str:
    """A configuration with each of `places`, which it must name, somewhere else."""
    for shown, here in places.items():
        assert shown in text, f"{shown} is not in\n{text}"
        text = text.replace(shown, str(here))
    return text
