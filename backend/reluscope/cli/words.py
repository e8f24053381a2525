"""What is said of a spec's fields in words: `update.lr=1e-7`, and of several values, `seed=0..7`."""

import json
import math
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .shared import fail

_RANGE = re.compile(r"(-?[0-9]+)\.\.(-?[0-9]+)")

MAX_RANGE = 10_000
"""Values of one range; a server takes no more runs than that."""


def value(text: str) -> Any:
    """What a word means: a number or other JSON where it is that, else the text that it is."""
    try:
        return json.loads(text, parse_constant=str)
    except ValueError:
        pass
    try:  # .5, +1 and the like
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def spec_of(file: Path | None, words: Iterable[str]) -> dict[str, Any]:
    """The spec in a file, where there is one, with `path=text` before it. Ends the command where one
    of them is none."""
    texts = split(words)
    said = {path: value(text) for path, text in texts.items()}
    if not isinstance(said.get("name", ""), str):  # a text all the same, as 7 and true are
        said["name"] = texts["name"]
    return placed(read_object(file), said)


def values(text: str) -> list[Any]:
    """The values in `1e-6, 1e-7`, in `0..7`, or in a JSON list."""
    if text.startswith("["):
        listed = value(text)
        return listed if isinstance(listed, list) else [listed]
    found: list[Any] = []
    for word in filter(None, map(str.strip, text.split(","))):
        if span := _RANGE.fullmatch(word):
            first, last = map(int, span.groups())
            if not 0 <= last - first < MAX_RANGE:
                fail(f"{word}: expected at most {MAX_RANGE} numbers from the lesser to the greater")
            found += range(first, last + 1)
        else:
            found.append(value(word))
    return found


def split(words: Iterable[str]) -> dict[str, str]:
    """The paths of `path=text`, with their texts. Ends the command where one is none."""
    pairs = [word.partition("=") for word in words]
    if wrong := [path for path, equals, _ in pairs if not (path and equals)]:
        fail(f"{wrong[0]}: expected FIELD=VALUE, such as relu=my_relu or update.lr=1e-7")
    return {path.strip(): text.strip() for path, _, text in pairs}


def placed(spec: Mapping[str, Any], points: Mapping[str, Any]) -> dict[str, Any]:
    """A spec with values at some paths; `update.lr` is the field lr of the object in update."""
    made = dict(spec)
    for path, given in points.items():
        name, _, rest = path.partition(".")
        if rest:
            inner = made.get(name)
            made[name] = placed(inner if isinstance(inner, Mapping) else {}, {rest: given})
        else:
            made[name] = given
    return made


def read_object(file: Path | None) -> dict[str, Any]:
    """The JSON object in a file, `-` for what comes in; an empty one where there is no file. Ends
    the command where it is none."""
    found = {} if file is None else read_json(file)
    if not isinstance(found, dict):
        fail(f"{file}: expected a JSON object")
    return found


def read_json(file: Path) -> Any:
    """What a file has, `-` for what comes in. Ends the command where that is no JSON."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
        return json.loads(text)
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    except ValueError as error:
        fail(f"{file}: not JSON: {error}")
