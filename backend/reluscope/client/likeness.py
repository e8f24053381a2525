"""What is awaited is documented where it is waited for."""

import inspect
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T", bound=type)


def like(waiting: type) -> Callable[[T], T]:
    """For a class with the methods of another, to be awaited: each has the other's docstring."""

    def document(awaited: T) -> T:
        for name, member in vars(awaited).items():
            model = getattr(waiting, name, None)
            if name.startswith("_"):  # what Python says of any of that name is not what it does
                continue
            if inspect.isfunction(member) and not member.__doc__ and model is not None:
                member.__doc__ = f"As `{waiting.__name__}.{name}`, {_how(member)}:\n\n" + (
                    inspect.getdoc(model) or ""
                )
        return awaited

    return document


def _how(member: Callable[..., object]) -> str:
    if inspect.isasyncgenfunction(member):
        return "by `async for`"
    return "awaited" if inspect.iscoroutinefunction(member) else "at once"
