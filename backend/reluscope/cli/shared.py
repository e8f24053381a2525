"""What several commands need: the settings, and an end with a word."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_settings import CliApp, CliSettingsSource, SettingsError

from ..settings import Settings

WRONG_USE = 2
"""The exit status where a command was called wrongly, or what it was given is wrong."""


WORDS = {
    "int": "N",
    "str": "HOST",
    "list[str]": "NAME",
    "list[Path]": "FILE",
    "Path": "FOLDER",
    "SecretStr": "URL",
    "Limit": "N|SIZE",
    "ByteSize": "SIZE",
}
"""How the help calls what an option takes, by its type."""

UNSET = (" (default: null)", " (default: [])")


def fail(message: str) -> NoReturn:
    """End with one line on stderr."""
    sys.stderr.write(f"reluscope: error: {message}\n")
    raise SystemExit(WRONG_USE)


def read_settings(words: Sequence[str], **given: Any) -> Settings:
    """The settings from the words of a command line, and from the environment. What is `given`
    goes before the environment. Ends the command where they are wrong."""
    source: CliSettingsSource[Any] = CliSettingsSource(
        Settings, add_argument_method=_add_argument, formatter_class=argparse.HelpFormatter
    )
    try:
        return CliApp.run(Settings, cli_args=list(words), cli_settings_source=source, **given)
    except ValidationError as error:
        wrong = (
            f"--{str(e['loc'][0]).replace('_', '-')}: {e['msg']}" if e["loc"] else e["msg"]
            for e in error.errors()
        )
        fail("; ".join(wrong))
    except SettingsError as error:
        fail(str(error))


def _add_argument(parser: argparse.ArgumentParser, *flags: str, **options: Any) -> argparse.Action:
    """As argparse does, in the words of people who do not know our types."""
    if (kind := options.get("metavar")) in WORDS:
        options["metavar"] = WORDS[kind]
    for unset in UNSET:
        options["help"] = options.get("help", "").removesuffix(unset)
    return parser.add_argument(*flags, **options)
