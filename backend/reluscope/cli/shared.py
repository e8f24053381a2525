"""What several commands need: the settings, and an end with a word."""

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_settings import CliApp, SettingsError

from ..settings import Settings

WRONG_USE = 2
"""The exit status where a command was called wrongly, or what it was given is wrong."""


def fail(message: str) -> NoReturn:
    """End with one line on stderr."""
    sys.stderr.write(f"reluscope: error: {message}\n")
    raise SystemExit(WRONG_USE)


def read_settings(words: Sequence[str], **given: Any) -> Settings:
    """The settings from the words of a command line, and from the environment. What is `given`
    goes before the environment. Ends the command where they are wrong."""
    try:
        return CliApp.run(Settings, cli_args=list(words), **given)
    except ValidationError as error:
        wrong = (f"--{str(e['loc'][0]).replace('_', '-')}: {e['msg']}" for e in error.errors())
        fail("; ".join(wrong))
    except SettingsError as error:
        fail(str(error))
