"""`reluscope pause`, `resume`, `stop` and `rm`: what is asked of runs by their names."""

import json as js
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from . import progress
from .remote import Ids, OfSweep, asks_server, find, find_sweep, plain
from .shared import AsJson, fail

if TYPE_CHECKING:
    from ..client import Client, Run, Sweep


def _command(ask: Callable[["Run | Sweep"], object], help: str) -> Callable[..., None]:
    @asks_server
    def command(
        client: "Client", runs: Ids = None, *, sweep: OfSweep = None, json: AsJson = False
    ) -> None:
        named: list[Run | Sweep] = [find(client, word) for word in runs or ()]
        if sweep is not None:
            named.append(find_sweep(client, sweep))
        if not named:
            fail("expected a RUN, or --sweep SWEEP; `reluscope ls` lists what there is")
        for each in dict.fromkeys(named):  # all are found before any is touched
            ask(each)
        views = [plain(asdict(each.view)) for each in dict.fromkeys(named)]
        if json:
            print(js.dumps(views, indent=2))
            return
        for view in views:
            told = progress.line(view) if "spec" in view else _counts(view)
            print(f"{view['id'][: progress.ID_CHARACTERS]}  {told}")

    command.__doc__ = help
    return command


def _counts(sweep: progress.View) -> str:
    return ", ".join(f"{count} {status}" for status, count in sweep["statuses"].items())


pause = _command(lambda run: run.pause(), "Pause runs: they do not move until they are resumed.")
resume = _command(lambda run: run.resume(), "Let runs go on, from a pause or an interruption.")
stop = _command(lambda run: run.stop(), "End runs for good; their losses stay.")
remove = _command(lambda run: run.delete(), "Forget runs and their losses. There is no way back.")
