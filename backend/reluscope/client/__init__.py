"""The Python client: a server's runs from a script or a notebook. It knows no torch, and nothing of
how runs are trained.

What is asked and how answers are read is without I/O; `sync` and `aio` are two thin rims around it.
"""

from ..blocks import Losses
from .aio.client import AsyncClient
from .aio.run import AsyncRun
from .aio.sweep import AsyncSweep
from .errors import (
    BadAnswer,
    ClientError,
    Conflict,
    FieldProblem,
    Gone,
    InvalidRequest,
    NotAllowed,
    NotConnected,
    NotFound,
    ProblemError,
    Rewound,
    RunFailed,
    ServerTrouble,
    TimedOut,
    TooManyRequests,
)
from .following import Deleted, Rewind, Update
from .sync.client import Client
from .sync.run import Run
from .sync.sweep import Sweep
from .values import ENDED, Measured, RunView, Status

__all__ = [
    "ENDED",
    "AsyncClient",
    "AsyncRun",
    "AsyncSweep",
    "BadAnswer",
    "Client",
    "ClientError",
    "Conflict",
    "Deleted",
    "FieldProblem",
    "Gone",
    "InvalidRequest",
    "Losses",
    "Measured",
    "NotAllowed",
    "NotConnected",
    "NotFound",
    "ProblemError",
    "Rewind",
    "Rewound",
    "Run",
    "RunFailed",
    "RunView",
    "ServerTrouble",
    "Status",
    "Sweep",
    "TimedOut",
    "TooManyRequests",
    "Update",
]
