"""GET /api/catalog: every choice there is, read from the registries."""

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from ...runs import shelf
from ...runs.memory import limit_name
from ...training import devices as machine
from ...training.diagnostics import CHANNELS, Channel
from ...training.presets import PRESETS, Preset, sets
from ...training.relus import RELUS
from ...training.rules import RULES
from ...training.spec import DTYPES, GRADIENTS, MAX_ITERATIONS, MAX_PACE, MAX_SIZE, RunSpec
from .. import assets, curves, scratch
from ..door import guard
from ..socket import messages, reading
from . import archive, diagnostics, losses, runs
from .shared import TheBook

router = APIRouter(tags=["catalog"])

PACKAGES = ("reluscope", "torch", "fastapi", "uvicorn", "websockets", "numpy")


class ReluChoice(BaseModel):
    """A ReLU implementation; `code` is its expression in h."""

    name: str
    title: str
    formula: str
    code: str
    help: str


class RuleChoice(BaseModel):
    """An update rule, with the JSON Schema of its hyperparameters."""

    name: str
    help: str
    schema_: Annotated[dict[str, Any], Field(serialization_alias="schema")]


class GradientsChoice(BaseModel):
    """A way to the gradient of the loss."""

    name: str
    help: str


class DtypeChoice(BaseModel):
    """A type of data and weights."""

    name: str


class Catalog(BaseModel):
    """Every choice there is. `spec` is the JSON Schema of a RunSpec."""

    relus: list[ReluChoice]
    rules: list[RuleChoice]
    gradients: list[GradientsChoice]
    devices: list[machine.Device]
    dtypes: list[DtypeChoice]
    channels: list[Channel]
    presets: list[Preset]
    limits: dict[str, int]
    versions: dict[str, str]
    spec: dict[str, Any]


@router.get("/api/catalog")
def catalog(request: Request, book: TheBook) -> Catalog:
    """Every choice there is: ReLU implementations, update rules with their schemas, devices,
    channels of diagnostics, presets, limits and versions."""
    settings = request.app.state.settings
    return Catalog(
        relus=[
            ReluChoice(name=r.name, title=r.title, formula=r.formula, code=r.code, help=r.help)
            for r in RELUS.values()
        ],
        rules=[
            RuleChoice(name=name, help=rule.__doc__ or "", schema_=rule.model_json_schema())
            for name, rule in RULES.items()
        ],
        gradients=[GradientsChoice(name=name, help=help) for name, help in GRADIENTS.items()],
        devices=machine.devices(),
        dtypes=[DtypeChoice(name=name) for name in DTYPES],
        channels=list(CHANNELS),
        presets=[*PRESETS, *sets()],
        limits={
            "size": MAX_SIZE,
            "iterations": MAX_ITERATIONS,
            "pace": int(MAX_PACE),
            **{limit_name(device): budget for device, budget in book.memory.budgets.items()},
            "live_runs": settings.max_live,
            "runs": settings.max_runs,
            "sockets": settings.max_sockets,
            "sockets_per_address": settings.max_sockets_per_address,
            "writes_per_s": settings.max_writes,
            "body_bytes": guard.MAX_BODY_BYTES,
            "sweep_bytes": guard.MAX_SWEEP_BYTES,
            "import_bytes": guard.MAX_ARCHIVE_BYTES,
            "losses_per_answer": losses.MAX_LOSSES,
            "points_per_answer": curves.MAX_POINTS,
            "rows_per_answer": diagnostics.MAX_ROWS,
            "forks": runs.MAX_FORKS,
            "exported_runs": archive.MAX_EXPORTED,
            "curve_bytes": shelf.MAX_BYTES,
            "temporary_bytes": scratch.MAX_BYTES,
            "watched_runs": messages.MAX_WATCHED,
            "sent_message_bytes": messages.MAX_MESSAGE_BYTES,
            "received_message_bytes": reading.MESSAGE_BYTES,
        },
        versions={
            **{package: version(package) for package in PACKAGES},
            "plotly.js": assets.plotlyjs_version(),
        },
        spec=RunSpec.model_json_schema(),
    )
