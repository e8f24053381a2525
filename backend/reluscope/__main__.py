"""The command `reluscope`: its first word says what to do; without one, it serves."""

import sys

from .cli import check, serve
from .cli.shared import fail
from .errors import PluginError

COMMANDS = {"serve": serve.run, "check": check.run}


def main() -> None:
    """What the command runs."""
    words = sys.argv[1:]
    named = bool(words) and words[0] in COMMANDS
    try:
        COMMANDS[words[0] if named else "serve"](words[named:])
    except PluginError as error:
        fail(str(error))


if __name__ == "__main__":
    main()
