"""The names of ReLUs and rules for the shell's completion, read from their source without running it:
to import them takes torch, and seconds. Those of plug-ins are not among them."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from typing import get_args


def relus() -> list[str]:
    """Functions that are entered as one."""
    return [
        node.name
        for node in _nodes("relus.py")
        if isinstance(node, ast.FunctionDef)
        and any(
            isinstance(each, ast.Call) and ast.unparse(each.func) == "implementation"
            for each in node.decorator_list
        )
    ]


def rules() -> list[str]:
    """Classes with a name: `rule: Literal["sgd"] = ...`."""
    annotations = (
        field.annotation
        for file in ("rules.py", "optimizers.py")
        for node in _nodes(file)
        if isinstance(node, ast.ClassDef)
        for field in node.body
        if isinstance(field, ast.AnnAssign) and ast.unparse(field.target) == "rule"
    )
    return [
        str(ast.literal_eval(annotation.slice))
        for annotation in annotations
        if isinstance(annotation, ast.Subscript)
    ]


def statuses() -> list[str]:
    """The states of a run."""
    from ..client.values import Status

    return list(get_args(Status))


def _nodes(file: str) -> Iterator[ast.stmt]:
    source = files("reluscope").joinpath("training", file)  # to ask its own package would import it
    yield from ast.parse(source.read_text(encoding="utf-8")).body
