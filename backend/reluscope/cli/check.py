"""`reluscope check`: what ReLU implementations do on this torch, told without a server."""

import argparse
from collections.abc import Sequence

from pydantic import TypeAdapter

from .shared import fail, read_settings

UNSOUND = 1
"""The exit status where one raised, or failed the check of its gradient."""


def run(words: Sequence[str]) -> None:
    """What the command does with the words after it. Raises PluginError."""
    asked = _parser().parse_intermixed_args(words)
    settings = read_settings([], **({"load": asked.load} if asked.load else {}))
    from ..training import plugins
    from ..training.relus import RELUS

    plugins.load(settings.load)
    if unknown := [name for name in asked.names if name not in RELUS]:
        fail(f"there is no ReLU {', '.join(unknown)}; known are {', '.join(RELUS)}")
    # What these import is fixed by then: all rules must be entered.
    from ..training.checks import Check, check, lines
    from ..training.devices import use_one_thread

    use_one_thread()
    checks = [check(RELUS[name]) for name in asked.names or RELUS]
    if asked.json:
        print(TypeAdapter(list[Check]).dump_json(checks, indent=2).decode())
    else:
        print("\n\n".join("\n".join(lines(made)) for made in checks))
    if not all(made.gradcheck and made.gradcheck.passed for made in checks):
        raise SystemExit(UNSOUND)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reluscope check",
        description="Tell what ReLU implementations do on this torch: values and slopes, whether "
        "their gradients are right, and what they cost. The exit status is 1 where one raises or "
        "its gradient is wrong.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all where none is named")
    parser.add_argument(
        "--load", action="append", metavar="FILE", help="a Python file with ReLUs of your own"
    )
    parser.add_argument("--json", action="store_true", help="tell it as JSON, a list")
    return parser
