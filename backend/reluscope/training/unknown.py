"""Specs of runs that were made elsewhere, by names or bounds that are not those of here: they can be
shown, and cannot be trained."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import FieldError, InvalidFields
from .relus import RELUS
from .rules import RULES, Rule, Sgd
from .spec import RunSpec


class UnknownRule(Rule):
    """The rule of a run that was made where that rule is known; here it can only be shown."""

    model_config = ConfigDict(extra="allow")


class UnknownSpec(RunSpec):
    """The spec of a run that was made where it was sound; here it is not."""

    update: UnknownRule

    def training_bytes(self) -> int:
        return 0


class _Shown(BaseModel):
    """What a spec must have to be shown."""

    model_config = ConfigDict(strict=True)

    name: str | None = None
    tags: list[str] = []
    relu: str = ""
    update: dict[str, Any] = {"rule": Sgd.model_fields["rule"].default}
    n: int = 1
    d_in: int = 1
    hidden: int = 1
    d_out: int = 1
    iterations: Annotated[int, Field(ge=1)] = 1
    seed: int = 0
    dtype: str = ""
    device: str = ""
    pace: float | None = None
    diagnostics_every: Annotated[int, Field(ge=0)] = 0


def unknown_spec(fields: dict[str, Any]) -> UnknownSpec:
    """The spec of a run that was made where its ReLU or its rule is known, and is not here: it can be
    shown, and cannot be trained.

    Raises pydantic's ValidationError where it cannot even be shown.
    """
    shown = _Shown.model_validate(fields)
    update = UnknownRule.model_validate(shown.update)
    return UnknownSpec.model_construct(**{**fields, "update": update})


def check_known(*specs: RunSpec) -> None:
    """Raises InvalidFields where one of `specs` was made elsewhere, and cannot be trained here."""
    for spec in specs:
        wrong = []
        if spec.relu not in RELUS:
            wrong.append(FieldError("relu", "there is no such ReLU here", spec.relu, list(RELUS)))
        if spec.update.rule not in RULES:
            message = "there is no such rule here"
            wrong.append(FieldError("update.rule", message, spec.update.rule, list(RULES)))
        if not wrong and (isinstance(spec, UnknownSpec) or isinstance(spec.update, UnknownRule)):
            wrong = _refused(spec)
        if wrong:
            raise InvalidFields(wrong)


def _refused(spec: RunSpec) -> list[FieldError]:
    """What this version has against a spec that another took."""
    try:
        RunSpec.model_validate(spec.model_dump())
    except ValidationError as error:
        return [FieldError(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
    return [FieldError("", "another version of reluscope made this run, by other rules")]
