"""LiveFigure: losses in a Plotly figure of a notebook, which grows as they come."""

import html
import threading
import time
from collections.abc import Mapping
from contextlib import closing

from plotly.graph_objects import FigureWidget

from ...blocks import Losses
from ..address import Address
from ..errors import ClientError, TimedOut
from ..following import Deleted, Following, Rewind, Update
from ..handles import label
from ..rim import Settings
from ..sync.live import follow
from ..values import RunView
from .thinned import Thinned

DRAW_S = 0.2
"""Between two drawings, which a browser takes some ms for."""


class LiveFigure(FigureWidget):  # type: ignore[misc]  # Plotly has no types
    """Losses of runs, each thinned to at most some 3,000 points, drawn as they come: by threads and a
    connection of its own, until all runs have ended, or `stop` is called, or it is closed.

    It is a FigureWidget: `figure.update_layout(...)` does what it does. Losses that are not finite
    leave gaps."""

    def __init__(self, labels: Mapping[str, str], *, log: bool) -> None:
        """`labels` are what the runs are called, by their ids."""
        super().__init__()
        self._lock = threading.Lock()
        self._curves = {run_id: Thinned() for run_id in labels}
        self._places = {run_id: place for place, run_id in enumerate(labels)}
        self._labels = dict(labels)
        self._changed = set(labels)
        self._has_news = threading.Event()
        self._fed = threading.Event()
        self._stopped = threading.Event()
        self._problem: ClientError | None = None
        self._threads: list[threading.Thread] = []
        for text in labels.values():
            self.add_scatter(x=[], y=[], mode="lines", name=html.escape(text))
        self.update_layout(
            xaxis_title="iteration",
            yaxis={"title": "loss", "type": "log" if log else "linear", "exponentformat": "e"},
            showlegend=True,
            margin={"t": 40},
        )

    # --- its threads

    def start(self, address: Address, settings: Settings) -> None:
        """Draw what comes from a server."""
        feeder = threading.Thread(
            target=self._feed, args=(address, settings), name="reluscope plot", daemon=True
        )
        drawer = threading.Thread(target=self._draw_all, name="reluscope drawing", daemon=True)
        self._threads = [feeder, drawer]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Draw no more of what comes."""
        self._stopped.set()
        self._has_news.set()

    def close(self) -> None:
        """The widget is no more."""
        self.stop()
        super().close()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until all is drawn, that is until the runs have ended. Raises TimedOut after `timeout`
        seconds, and what has ended it before its time."""
        end = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
            if thread.is_alive():
                raise TimedOut(f"waited {timeout} s in vain for the runs of a plot to end")
        if self._problem is not None:
            raise self._problem

    def _feed(self, address: Address, settings: Settings) -> None:
        try:
            while not self._stopped.is_set() and not self._follow(address, settings):
                pass
        except ClientError as error:
            self._problem = error
        self._fed.set()
        self._has_news.set()

    def _follow(self, address: Address, settings: Settings) -> bool:
        """Take what comes; whether that is all, or a curve begins anew, which another connection has
        from its start."""
        with self._lock:
            following = Following({run_id: curve.stop for run_id, curve in self._curves.items()})
        with closing(follow(address, settings, following, self._stopped.is_set)) as updates:
            for update in updates:
                self.take(update)
                if isinstance(update, Rewind):
                    return False
        return True

    def _draw_all(self) -> None:
        while not self._fed.is_set():
            self._has_news.wait()
            self._has_news.clear()
            self.draw()
            self._stopped.wait(DRAW_S)
            if self._stopped.is_set():
                return
        self.draw()

    # --- what it shows

    def take(self, update: Update) -> None:
        """Something is told of a run; `draw` shows it."""
        with self._lock:
            if isinstance(update, Losses):
                self._curves[update.run_id].extend(update.losses)
            elif isinstance(update, Rewind):
                self._curves[update.run_id] = Thinned()
            elif isinstance(update, Deleted):
                self._labels[update.run_id] += ": there is no such run (any more)"
            elif isinstance(update, RunView) and label(update) != self._labels[update.id]:
                self._labels[update.id] = label(update)
                self._changed.add(update.id)
                self._has_news.set()
                return
            else:
                return
            self._changed.add(update.run_id)
        self._has_news.set()

    def draw(self) -> None:
        """Show what has come."""
        with self._lock:
            changed, self._changed = self._changed, set()
            drawn = [
                (self._places[run_id], self._labels[run_id], self._curves[run_id].points)
                for run_id in changed
            ]
        with self.batch_update():
            for place, text, (iterations, losses) in drawn:
                curve = self.data[place]
                curve.x, curve.y, curve.name = iterations, losses, html.escape(text)
            if self._problem is not None:
                self.layout.title = {"text": html.escape(str(self._problem)), "font_size": 12}
