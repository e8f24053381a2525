"""A sweep made of what was asked for, or told what is wrong with it, in its sender's words."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from pydantic import ValidationError

from ..errors import FieldError, InvalidFields
from ..runs.book import Book
from ..runs.sweep import Asked, CannotDraw, SweepSpec
from ..training.spec import RunSpec
from .fields import MAX_ERRORS, Places


def make(sweep: SweepSpec, book: Book, request: tuple[str, bytes] | None = None) -> str:
    """Start all runs of a sweep, or none; its id. Takes a while: not for the event loop.

    Raises InvalidFields, and what `Book.open_all` raises.
    """
    book.check_fits(sweep.count)
    try:
        members = list(sweep.members())
    except CannotDraw as error:
        field = f"random.fields.{error.path}"
        raise InvalidFields([FieldError(field, str(error))]) from None
    specs = _specs(members)
    try:
        runs = book.open_all(specs, [m.point for m in members], name=sweep.name, request=request)
    except InvalidFields as error:
        raise InvalidFields(_once(_as_written(members, error.errors))) from None
    assert runs[0].sweep is not None
    return runs[0].sweep.id


def _specs(members: list[Asked]) -> list[RunSpec]:
    """What is asked for, looked at. Raises InvalidFields of all that is wrong, each but once."""
    specs, wrong = [], []
    for member in members:
        try:
            specs.append(RunSpec.model_validate(member.spec))
        except ValidationError as error:
            found = _places().errors(error.errors())
            wrong += [replace(each, field=member.written(each.field)) for each in found]
    if wrong:
        raise InvalidFields(_once(wrong))
    return specs


def _as_written(members: list[Asked], errors: Iterable[FieldError]) -> Iterable[FieldError]:
    """Errors whose fields follow the place of their spec."""
    for error in errors:
        place, _, field = error.field.partition(".")
        yield replace(error, field=members[int(place)].written(field))


def _once(errors: Iterable[FieldError]) -> list[FieldError]:
    """The first `MAX_ERRORS`; a value that is wrong in one run may be so in others."""
    return list({(error.field, error.message): error for error in errors}.values())[:MAX_ERRORS]


@cache
def _places() -> Places:
    schema = RunSpec.model_json_schema()
    return Places(schema, schema)
