"""The command itself: what it says of its options, and what it does with those of settings.py."""

import os
import subprocess
import sys
from typing import Annotated, Self, get_args

import pytest
from pydantic import Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from reluscope.cli import app as command
from reluscope.cli import names
from reluscope.cli.shared import read_settings, takes_settings
from reluscope.runs.states import Status
from reluscope.settings import Settings
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES
from tests.starting import MODULE


@pytest.mark.parametrize("words", [["--help"], ["serve", "--help"], ["check", "--help"]])
def test_the_help_does_without_torch_and_numpy(words):
    """It comes at once, as the completion of words does."""
    looks = "import atexit, runpy, sys; atexit.register(lambda: print({'torch', 'numpy'} & {*sys.modules}));"
    runs = f"sys.argv[1:] = {words}; runpy.run_module('reluscope', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", looks + runs], stdout=subprocess.PIPE, check=True, text=True
    )
    assert done.stdout.startswith("Usage: reluscope")
    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("reluscope ch", ["check"]),
        ("reluscope check ma", ["maximum", "mask"]),
        ("reluscope ls --rule manual_", ["manual_data"]),
        ("reluscope ls --status fin", ["finished"]),
    ],
)
def test_the_shell_can_complete_its_words(line, completed):
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = subprocess.run(
        MODULE,
        env=os.environ | asked | {"_RELUSCOPE_COMPLETE": "complete_bash"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    assert done.stdout.split() == completed


def test_the_names_to_complete_are_those_that_there_are():
    assert names.relus() == list(RELUS)
    assert {*RULES} <= {*names.rules()}  # an older torch may lack some
    assert names.statuses() == list(get_args(Status))


def test_it_tells_its_version(told):
    out, err, status = told("--version")
    assert (out, err, status) == (f"reluscope {command.__version__}\n", "", 0)


def test_options_before_another_command_are_not_lost_silently(told):
    out, err, status = told("--port", "1", "check", "clamp")
    assert (out, status) == ("", 2)
    assert "options go after the command" in err


class More(Settings):
    """With a field of each kind that options are made of."""

    flag: Annotated[bool, Field(description="A flag that is off.")] = False
    secret: Annotated[SecretStr | None, Field(min_length=8, description="A secret.")] = None
    secrets: Annotated[list[SecretStr], Field(default_factory=list, description="Some.")]

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.flag and self.secrets:
            raise PydanticCustomError("together", "--flag goes without --secrets")
        return self


@pytest.fixture
def more(monkeypatch, capsys):
    """What comes of words, and what is told, where Settings has more fields."""
    monkeypatch.setattr("reluscope.cli.shared.Settings", More)
    found = []
    made = command.typer.Typer(add_completion=False, rich_markup_mode=None)

    @made.command()
    @takes_settings("flag", "secret", "secrets", "port")
    def command_of_the_test(given):
        found.append(read_settings(given))

    def run(*words):
        with pytest.raises(SystemExit) as ending:
            made(words)
        said = capsys.readouterr()
        return (found or [None])[-1], said.out + said.err, ending.value.code

    return run


def test_a_new_field_is_an_option_without_more(more, monkeypatch):
    monkeypatch.setenv("RELUSCOPE_FLAG", "true")
    assert more()[0].flag
    assert not more("--no-flag")[0].flag
    settings, _, status = more("--no-flag", "--secret", "long enough", "--secrets", "a")
    assert (settings.flag, status) == (False, 0)
    assert settings.secret.get_secret_value() == "long enough"
    assert [each.get_secret_value() for each in settings.secrets] == ["a"]


def test_what_is_wrong_of_several_together_is_told_too(more):
    _, said, status = more("--flag", "--secrets", "a")
    assert (said, status) == ("reluscope: error: --flag goes without --secrets\n", 2)


@pytest.mark.parametrize(
    "words",
    [["--help"], ["--secret", "a-b-c"], ["--secret=a-b-c", "--port=x"], ["--sceret=a-b-c"]],
    ids=str,
)
def test_a_secret_is_never_shown(more, words, monkeypatch):
    monkeypatch.setenv("RELUSCOPE_SECRET", "a-b-c")
    _, said, _ = more(*words)
    assert "--secret" in said
    assert "a-b-c" not in said
