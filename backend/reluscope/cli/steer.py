"""`reluscope pause`, `resume`, `stop` and `rm`: what is asked of runs by their names."""

import json as js
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import progress
from .remote import Ids, asks_server, find_all, told
from .shared import AsJson

if TYPE_CHECKING:
    from ..client import Client, Run


def _command(ask: Callable[["Run"], object], help: str) -> Callable[..., None]:
    @asks_server
    def command(client: "Client", runs: Ids, *, json: AsJson = False) -> None:
        found = find_all(client, runs)  # all, before any of them is touched
        for run in found:
            ask(run)
        views = [told(run.view) for run in found]
        if json:
            print(js.dumps(views, indent=2))
            return
        for view in views:
            print(f"{view['id'][: progress.ID_CHARACTERS]}  {progress.line(view)}")

    command.__doc__ = help
    return command


pause = _command(lambda run: run.pause(), "Pause runs: they do not move until they are resumed.")
resume = _command(lambda run: run.resume(), "Let runs go on, from a pause or an interruption.")
stop = _command(lambda run: run.stop(), "End runs for good; their losses stay.")
remove = _command(lambda run: run.delete(), "Forget runs and their losses. There is no way back.")
