"""Client: a server, as a script sees it."""

import os
import ssl
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack

from ...blocks import Losses
from .. import calls
from ..address import Address
from ..asked import Filters, Random, Spec
from ..asking import Deadline
from ..following import Following, Update, losses_in
from ..handles import Runs, id_of
from ..offers import (
    Catalog,
    Check,
    Ready,
    ReluCurve,
    Session,
)
from ..plotting.live import live_figure
from ..rim import Settings
from ..values import Comparison, RunView, SweepView
from ..watched import Watched
from .run import Run
from .sweep import Sweep
from .transport import Transport

if TYPE_CHECKING:
    from ..plotting.figure import LiveFigure


class Client:
    """A reluscope server.

    `url` and `token` are also taken from RELUSCOPE_URL and RELUSCOPE_TOKEN. `timeout` is how many
    seconds an answer may take. What fails because of the connection, or because the server asks for
    patience, is tried `retries` times more; a stream or a wait looks `patience` seconds for a server
    that has gone away (None: for ever). `context` is for a server with a certificate of its own, `uds` is
    the path of the Unix socket of one that listens at that, as unix:/path is as a `url`.

    >>> from reluscope import Client
    >>> with Client(url) as scope:
    ...     run = scope.create(relu="my_relu", update={"lr": 1e-6}, iterations=10)
    ...     run.wait().losses().shape
    (10,)
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int = 3,
        patience: float | None = 120.0,
        context: ssl.SSLContext | None = None,
        uds: str | os.PathLike[str] | None = None,
    ) -> None:
        self._transport = Transport(
            Address.find(url, token, uds), Settings(timeout, retries, patience, context)
        )

    @property
    def url(self) -> str:
        """Where the server is; a browser finds the page there."""
        return self._transport.address.url

    def close(self) -> None:
        """Let its connections go."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._transport.address.place}>"

    def _run(self, view: RunView) -> Run:
        return Run(self._transport, view)

    # --- runs

    def create(
        self,
        spec: Mapping[str, Any] | None = None,
        /,
        *,
        key: str | None = None,
        **fields: Unpack[Spec],
    ) -> Run:
        """Start a run: `relu`, `update`, `gradients`, `n`, `d_in`, `hidden`, `d_out`, `iterations`,
        `seed`, `dtype`, `device`, `pace`, `on_nonfinite`, `diagnostics_every`, `name`, `tags`. What
        is left out is as in the first tutorial; `catalog()` has what there is. A `spec`, as `run.spec` is one,
        goes before; fields that are named replace its own.

        However often the request has to be sent, one run comes of it. With a `key` of your own that
        holds for a script that is started again, too.

        Raises InvalidRequest, the `errors` of which name each wrong field and what is allowed there.

        >>> run = scope.create(relu="clamp", update={"lr": 1e-6}, iterations=100)
        >>> same = scope.create(run.spec, relu="half_abs")
        >>> same.spec["iterations"]
        100
        """
        return self._run(self._transport.do(calls.create({**(spec or {}), **fields}, key)))

    def run(self, id: str) -> Run:
        """A run by its id. Raises NotFound.

        >>> scope.run(run.id) == run
        True
        """
        return self._run(self._transport.do(calls.show(id)))

    def runs(self, **filters: Unpack[Filters]) -> Iterator[Run]:
        """Runs, newest first, asked for as they are looked at. `status`, `relu`, `rule` and `tag`
        take a value or several; `q` is part of a name or id.

        >>> [found.id for found in scope.runs(relu="my_relu", status="finished")] == [run.id]
        True
        """
        after: str | None = None
        while True:
            page = self._transport.do(calls.page(filters, after))
            yield from map(self._run, page.runs)
            if (after := page.next) is None:
                return

    def wait(
        self,
        runs: Iterable[Run],
        timeout: float | None = None,
        *,
        check: bool = False,
    ) -> list[Run]:
        """Wait until each of these has ended, `timeout` seconds in all; the runs, as `Run.wait`.

        >>> [run.status for run in scope.wait([run])]
        ['finished']
        """
        left = Deadline(timeout)
        return [run.wait(left.seconds, check=check) for run in runs]

    def watch(
        self,
        runs: Runs,
        start: int | Mapping[str, int] = 0,
        *,
        rewind: bool = False,
    ) -> Generator[Losses, None, None]:
        """The losses of many runs as they come, over one connection, until all have ended: blocks
        with a `run_id`, the `losses` as a float64 array, and the iteration that is their `first`.
        `start` is the first iteration wanted, of all, or by a run's id. Runs that are deleted
        meanwhile are left out; what else may happen is as in `Run.stream`.

        >>> sum(len(block.losses) for block in scope.watch([run]))
        100
        """
        with closing(self.updates(runs, start)) as updates:
            for update in updates:
                if losses := losses_in(update, rewind=rewind, gone=True):
                    yield losses

    def updates(
        self,
        runs: Runs,
        start: int | Mapping[str, int] = 0,
        *,
        channels: Iterable[str] = (),
    ) -> Generator[Update, None, None]:
        """All that is told of runs until they have ended: `Losses`; `RunView` when one has changed;
        `Measured`, values of the `channels` of diagnostics that are named; `Rewind`, after which the
        losses from its `iteration` on follow anew; and `Deleted`. Handles among `runs` are kept up
        to date.

        >>> {type(update).__name__ for update in scope.updates([run])} == {"Losses", "RunView"}
        True
        """
        watched, wanted = Watched(runs), list(channels)
        names = self.catalog().channel_names if wanted else {}
        following = Following(watched.cursors(start), wanted, names)
        with closing(self._transport.follow(following)) as updates:
            for update in updates:
                watched.note(update)
                yield update

    def compare(
        self,
        a: Run | str,
        b: Run | str,
        *,
        points: int | None = None,
        start: int = 0,
        stop: int | None = None,
    ) -> Comparison:
        """Where the losses of two runs part, by how much at most, and why. With `points`, `difference`
        is an overview of |a - b| in iterations `start` to `stop` in about so many points.

        >>> scope.compare(run, run, points=10).difference.losses.max()
        np.float64(0.0)
        """
        plan = calls.compare(id_of(a), id_of(b), points, start, stop)
        return self._transport.do(plan)

    def plot(self, runs: Runs, *, log: bool = True) -> "LiveFigure":
        """The curves of many runs in one figure of a notebook, as `Run.plot`.

        >>> scope.plot([run]).wait(30)
        """
        labels = Watched(runs).labels
        transport = self._transport
        return live_figure(labels, transport.address, transport.settings, log=log)

    # --- sweeps

    def create_sweep(
        self,
        *,
        grid: Mapping[str, Any] | None = None,
        random: Random | None = None,
        list: Sequence[Mapping[str, Any]] | None = None,
        key: str | None = None,
        **base: Unpack[Spec],
    ) -> Sweep:
        """Start many runs at once; all of them, or none where one is wrong. They are those of a
        `grid`, every combination of the values by path; or `random`, so many drawn by a seed from
        values or between bounds; or a `list` of points. What else a run is asked to do is named as in
        `create`. `key` as there.

        >>> sweep = scope.create_sweep(grid={"seed": range(3)}, relu="where", iterations=20)
        >>> drawn = scope.create_sweep(
        ...     random={"count": 2, "seed": 0, "fields": {"update.lr": {"low": 1e-8, "high": 1e-6, "log": True}}},
        ...     iterations=20,
        ... )
        >>> listed = scope.create_sweep(list=[{"relu": "clamp"}, {"relu": "mask", "seed": 1}])
        >>> len(sweep), len(drawn), len(listed)
        (3, 2, 2)
        """
        ways = {"grid": grid, "random": random, "list": list}
        return self._sweep(self._transport.do(calls.create_sweep(base, ways, key)))

    def sweep(self, id: str) -> Sweep:
        """A sweep by its id. Raises NotFound."""
        return self._sweep(self._transport.do(calls.show_sweep(id)))

    def sweeps(self) -> Iterator[Sweep]:
        """Sweeps, newest first, asked for as they are looked at."""
        after: str | None = None
        while True:
            page = self._transport.do(calls.sweep_page(after))
            yield from map(self._sweep, page.sweeps)
            if (after := page.next) is None:
                return

    def _sweep(self, view: SweepView) -> Sweep:
        return Sweep(self._transport, view)

    # --- the server

    def catalog(self) -> Catalog:
        """Every choice there is: ReLUs, rules with their hyperparameters, devices, limits.

        >>> "my_relu" in [relu["name"] for relu in scope.catalog().relus]
        True
        """
        return self._transport.do(calls.catalog())

    def check(self, relu: str) -> Check:
        """What a ReLU gives around 0, at NaN and at infinity on the server's torch, whether its
        gradient is right, and what it costs; measured now. Raises NotFound for another name.

        >>> scope.check("half_abs").slope_at(0.0)
        0.5
        """
        return self._transport.do(calls.check(relu))

    def curve(self, relu: str) -> ReluCurve:
        """Value and slope of a ReLU for h from -2 to 2, on the server's torch.

        >>> scope.curve("half_abs").slope_at_0
        0.5
        """
        return self._transport.do(calls.curve(relu))

    def session(self) -> Session:
        """What this client's token lets it do: `role` is owner, viewer or None.

        >>> scope.session().role
        'owner'
        """
        return self._transport.do(calls.session())

    def ready(self) -> Ready:
        """Raises ServerTrouble where runs are not kept as they should be, and says why."""
        return self._transport.do(calls.ready())

    def export(
        self,
        runs: Runs,
        to: str | os.PathLike[str],
        *,
        format: Literal["archive", "tensorboard"] = "archive",
    ) -> Path:
        """Write runs into one zip, whole; or for TensorBoard, as far as it has them. The file is
        there once it is whole; its path."""
        return self._transport.do(calls.export(runs, Path(to), format))

    def import_runs(self, file: str | os.PathLike[str]) -> list[Run]:
        """Take in the runs of a zip that `export` wrote, here or elsewhere; all of them or none."""
        return [self._run(view) for view in self._transport.do(calls.import_runs(Path(file)))]
