"""The peers, each used as its own documentation says: offline, without an account, telling nobody.

Each is imported where it is called: it is installed in an environment of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

Log = Callable[[float, int], object]
"""Takes the loss of an iteration, and which it is."""


@contextmanager
def tensorboard(folder: Path) -> Iterator[Log]:
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder))
    yield lambda loss, iteration: writer.add_scalar("loss", loss, iteration)
    writer.close()


@contextmanager
def trackio(_: Path) -> Iterator[Log]:
    import trackio

    trackio.init(project="tutorial")
    yield lambda loss, iteration: trackio.log({"loss": loss}, step=iteration)
    trackio.finish()


@contextmanager
def aim(folder: Path) -> Iterator[Log]:
    from aim import Run

    run = Run(repo=str(folder), experiment="tutorial")
    yield lambda loss, iteration: run.track(loss, name="loss", step=iteration)
    run.close()


@contextmanager
def wandb(folder: Path) -> Iterator[Log]:
    import wandb

    with wandb.init(project="tutorial", mode="offline", dir=str(folder)) as run:
        yield lambda loss, iteration: run.log({"loss": loss}, step=iteration)


@contextmanager
def mlflow(folder: Path) -> Iterator[Log]:
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.set_experiment("tutorial")
    with mlflow.start_run():
        yield lambda loss, iteration: mlflow.log_metric("loss", loss, step=iteration)


@contextmanager
def livelossplot(_: Path) -> Iterator[Log]:
    from livelossplot import PlotLosses

    plot = PlotLosses()

    def log(loss: float, _: int) -> None:
        plot.update({"loss": loss})
        plot.send()

    yield log


@dataclass(frozen=True)
class Peer:
    """What is measured beside us."""

    title: str
    requirement: str
    """What pip is asked for."""
    logging: Callable[[Path], AbstractContextManager[Log]]
    """Opens a log in a folder."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """That of its process. `{folder}` stands for the folder of the log."""


PEERS = {
    "tensorboard": Peer("TensorBoard", "tensorboard==2.21.0", tensorboard),
    "trackio": Peer(
        "Trackio",
        "trackio==0.43.0",
        trackio,
        {"TRACKIO_DIR": "{folder}", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"},
    ),
    "aim": Peer("Aim", "aim==3.29.1", aim),
    "wandb": Peer(
        "W&B, offline",
        "wandb==0.31.0",
        wandb,
        {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"},
    ),
    "mlflow": Peer(
        "MLflow, in SQLite",
        "mlflow==3.17.2",
        mlflow,
        {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"},
    ),
    "livelossplot": Peer(
        "livelossplot, drawing", "livelossplot==0.6.1", livelossplot, {"MPLBACKEND": "agg"}
    ),
}
"""By the names that the command has for them."""

QUIET = {"DO_NOT_TRACK": "1"}
"""What all of them are told."""
