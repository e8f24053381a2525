"""`reluscope check`: what ReLU implementations do on this torch, told without a server."""

from typing import Annotated, Any

import typer
from pydantic import TypeAdapter

from .names import relus
from .shared import NO, AsJson, fail, load_plugins, read_settings, takes_settings


@takes_settings("load")
def command(
    given: dict[str, Any],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="Which; all where none is named.", autocompletion=relus
        ),
    ] = None,
    *,
    json: AsJson = False,
) -> None:
    """Tell what ReLU implementations do on this torch: values and slopes, whether their gradients
    are right, and what they cost.

    The exit status is 1 where one raises or its gradient is wrong.
    """
    load_plugins(read_settings(given))
    from ..training.relus import RELUS

    if unknown := [name for name in names or () if name not in RELUS]:
        fail(f"there is no ReLU {', '.join(unknown)}; known are {', '.join(RELUS)}")
    # What these import is fixed by then: all rules must be entered.
    from ..training.checks import Check, check, lines
    from ..training.devices import use_one_thread

    use_one_thread()
    checks = [check(RELUS[name]) for name in names or RELUS]
    if json:
        print(TypeAdapter(list[Check]).dump_json(checks, indent=2).decode())
    else:
        print("\n\n".join("\n".join(lines(made)) for made in checks))
    if not all(made.gradcheck and made.gradcheck.passed for made in checks):
        raise SystemExit(NO)
