"""Definitions as their own module has them, written out for a script: without types, and with
nothing of this package. They are read and never run: a ReLU or a rule may come from any file."""

import ast
import builtins
import copy
import importlib.util
import inspect
import io
import re
import symtable
import sys
import textwrap
import tokenize
from collections.abc import Callable, Collection, Iterator
from typing import Any

from ..errors import NoSource

PACKAGE = __name__.partition(".")[0]

WIDTH = 100
"""Columns of a script's longest line."""

_FOR_TOOLS = re.compile(r"#\s*(type|noqa|mypy|pyright|ruff|fmt|pragma|pylint)\b")
"""How a comment begins that people need not read."""

_TO_COLON = re.compile(rb"(?:[^:#]|#[^\n]*)*:")


class Source:
    """One module: its text, and what its names stand for."""

    def __init__(self, text: str, names: dict[str, Any]) -> None:
        self.names = names
        self.tree = ast.parse(text)
        self._text = text.encode()  # ast counts columns in bytes
        self._starts = [0]
        for line in self._text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    @classmethod
    def of(cls, found: Any) -> "Source":
        """The module in which a function or class stands, or a module. Raises NoSource."""
        if isinstance(found, type):
            found = sys.modules.get(found.__module__)
        names = getattr(found, "__globals__", None) or getattr(found, "__dict__", {})
        try:
            lines, _ = inspect.findsource(found)
            return cls("".join(lines), names)
        except (OSError, TypeError, SyntaxError) as error:
            raise NoSource(f"the source of {called(found)} cannot be read") from error

    def binding(self, name: str) -> ast.stmt | None:
        """The last statement of the module that gives `name` its meaning."""
        statements = reversed(self.tree.body)
        return next((found for found in statements if name in _bound(found)), None)

    def method(self, function: Callable[..., Any]) -> ast.stmt:
        """The definition of a function that may stand in a class. Raises NoSource."""
        code = getattr(function, "__code__", None)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef) and code and node.name == code.co_name:
                first = node.decorator_list[0] if node.decorator_list else node
                if first.lineno == code.co_firstlineno:
                    return node
        raise NoSource(f"the source of {called(function)} cannot be found")

    def bare(self, node: ast.stmt) -> str:
        """A statement in its own words, without annotations and comments for tools."""
        pieces, at = [], self._start(node)
        for start, stop, new in sorted(self._edits(node)):
            pieces += [self._text[at:start], new.encode()]
            at = stop
        pieces.append(self._text[at : self._end(node)])
        text = textwrap.dedent(" " * node.col_offset + b"".join(pieces).decode())
        decorators = getattr(node, "decorator_list", [])
        kept = [ast.unparse(found) for found in decorators if not self._is_ours(found)]
        return _without_words_for_tools("".join(f"@{found}\n" for found in kept) + text)

    def _edits(self, node: ast.stmt) -> Iterator[tuple[int, int, str]]:
        """From where to where there is to be something else."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                yield self._header(inner)
            elif isinstance(inner, ast.AnnAssign) and inner.value is None:
                yield self._start(inner), self._end(inner), "pass"
            elif isinstance(inner, ast.AnnAssign):
                yield self._end(inner.target), self._end(inner.annotation), ""

    def _header(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[int, int, str]:
        """From `def` to the colon, anew."""
        bare = copy.deepcopy(node.args)
        for argument in _arguments(bare):
            argument.annotation = None
        indent = " " * node.col_offset
        start = f"{'async ' * isinstance(node, ast.AsyncFunctionDef)}def {node.name}("
        new = f"{start}{ast.unparse(bare)}):"
        if len(indent + new) > WIDTH:
            new = f"{start}\n{indent}    {ast.unparse(bare)}\n{indent}):"
        given = node.args
        parts = [*_arguments(given), *given.defaults, *given.kw_defaults, node.returns]
        last = max([self._start(node), *(self._end(part) for part in parts if part)])
        colon = _TO_COLON.match(self._text, last)
        assert colon
        return self._start(node), colon.end(), new

    def _is_ours(self, decorator: ast.expr) -> bool:
        """Whether it only enters what it decorates into one of this package's registries."""
        root = decorator
        while isinstance(root, ast.Call | ast.Attribute):
            root = root.func if isinstance(root, ast.Call) else root.value
        meant = self.names.get(root.id) if isinstance(root, ast.Name) else None
        home = getattr(meant, "__module__", None) or getattr(meant, "__name__", "")
        return str(home).partition(".")[0] == PACKAGE

    def _start(self, node: ast.stmt | ast.expr | ast.arg) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.stmt | ast.expr | ast.arg) -> int:
        assert node.end_lineno
        assert node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset


class Definitions:
    """What a script has to import and to define so that some names mean what they do elsewhere."""

    def __init__(self) -> None:
        self.imports: set[tuple[str, str | None, str | None]] = set()
        """Module; the name from it, or None; as what, or None."""
        self.texts: dict[str, str] = {}
        """By name, each after those that it needs."""
        self._meanings: dict[str, object] = {}

    def copy(self) -> "Definitions":
        """The same so far."""
        other = Definitions()
        other.imports, other.texts = set(self.imports), dict(self.texts)
        other._meanings = dict(self._meanings)
        return other

    def need(self, names: Collection[str], source: Source) -> None:
        """Have what `names` mean in `source`, and all that this needs. Raises NoSource."""
        for name in sorted(names):
            statement = source.binding(name)
            if statement is None and not hasattr(builtins, name):
                raise NoSource(f"nothing in its module is called {name}")
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self._import(name, statement, source)
            elif statement is not None and self._is_new(name, id(source.names)):
                self._define(name, source.bare(statement), source)

    def use(self, module: str, name: str | None = None) -> None:
        """Have an import that the script itself needs."""
        self._import_as_it_is((module, name, None), name or module)

    def add(self, name: str, text: str, source: Source) -> str:
        """Have a function that stands in `source`, and all that it needs, under its own name or,
        where that means something else, with a number. Gives the name. Raises NoSource."""
        own, number = name, 1
        while self._meanings.get(name, text) != text and own not in names_in(text):
            number += 1
            text = re.sub(
                rf"^def {name}\(", f"def {own}_{number}(", text, count=1, flags=re.MULTILINE
            )
            name = f"{own}_{number}"
        if self._is_new(name, text):
            self._define(name, text, source)
        return name

    def keep_off(self, names: Collection[str]) -> None:
        """Raises NoSource where one of these is defined or imported here."""
        for name in sorted(self._meanings.keys() & names):
            raise NoSource(f"the script needs the name {name} for something else")

    def _define(self, name: str, text: str, source: Source) -> None:
        self.need(names_in(text) - {name}, source)
        if text not in self.texts.values():
            self.texts[name] = text

    def _import(self, name: str, statement: ast.Import | ast.ImportFrom, source: Source) -> None:
        for alias in statement.names:
            bound = alias.asname or alias.name
            if isinstance(statement, ast.Import):
                if name == bound.partition(".")[0]:
                    self._import_as_it_is((alias.name, None, alias.asname), name)
            elif name == bound:
                home = _home(statement, source)
                if statement.level == 0 and home.partition(".")[0] != PACKAGE:
                    self._import_as_it_is((home, alias.name, alias.asname), name)
                else:
                    self.need({alias.name}, Source.of(sys.modules.get(home)))
                    if name != alias.name and self._is_new(name, alias.name):
                        self.texts[name] = f"{name} = {alias.name}"

    def _import_as_it_is(self, wanted: tuple[str, str | None, str | None], name: str) -> None:
        if wanted[0].partition(".")[0] == PACKAGE:
            raise NoSource(f"a script cannot import {wanted[0]}")
        whole = wanted[1] is None and wanted[2] is None
        self._is_new(name, wanted[0].partition(".")[0] if whole else wanted)
        self.imports.add(wanted)

    def _is_new(self, name: str, meaning: object) -> bool:
        """Whether it is not there yet. Raises NoSource where it is and means something else."""
        if self._meanings.get(name, meaning) != meaning:
            raise NoSource(f"the name {name} means two things")
        new = name not in self._meanings
        self._meanings[name] = meaning
        return new


def names_in(text: str) -> set[str]:
    """The names that a text takes from its module or from Python."""

    def look(table: symtable.SymbolTable) -> Iterator[str]:
        outermost = table.get_type() == "module"
        for symbol in table.get_symbols():
            own = symbol.is_assigned() or symbol.is_imported()
            if symbol.is_global() if not outermost else symbol.is_referenced() and not own:
                yield symbol.get_name()
        for inner in table.get_children():
            yield from look(inner)

    return set(look(symtable.symtable(text, "script", "exec"))) - names_bound_in(text)


def names_bound_in(text: str) -> set[str]:
    """The names to which a text gives a meaning, outside of its functions and classes."""
    return {name for statement in ast.parse(text).body for name in _bound(statement)}


def called(found: object) -> str:
    """What a function, class or module is called."""
    return str(getattr(found, "__qualname__", None) or getattr(found, "__name__", repr(found)))


def _home(statement: ast.ImportFrom, source: Source) -> str:
    name = "." * statement.level + (statement.module or "")
    return importlib.util.resolve_name(name, source.names.get("__package__"))


def _arguments(given: ast.arguments) -> list[ast.arg]:
    every = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    return [argument for argument in every if argument]


def _bound(node: ast.AST) -> set[str]:
    """The names that a statement binds where it stands."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return set()
    if isinstance(node, ast.alias):
        return {(node.asname or node.name).partition(".")[0]}
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return {node.id}
    return {name for child in ast.iter_child_nodes(node) for name in _bound(child)}


def _without_words_for_tools(text: str) -> str:
    lines = text.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and _FOR_TOOLS.match(token.string):
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(lines)
