"""The page of all extension points: a ReLU or an update rule of your own, with no change in here.

A plug-in is a Python file that `--load` names, or a module that an installed distribution names in
an entry point of one of the `GROUPS`. It enters what it defines while it is imported:

    from reluscope.training import Rule, implementation, rule

    @implementation("My own")
    def my_own(h): ...

    @rule
    class Mine(Rule): ...

Where the code comes from is said on the machine alone, never over the network.
"""

import importlib
import importlib.metadata
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import ValidationError
from torch import Tensor

from ..errors import PluginError
from . import optimizers, relus, rules  # noqa: F401 - the optimizers' names are taken too
from .relus import RELUS
from .rules import RULES, Rule

GROUPS = ("reluscope.relus", "reluscope.rules")
"""Of entry points, each of which names a module, or what a module has entered."""

SPEC = f"{__package__}.spec"
"""Takes the rules that are entered when it is imported; those that come later it does not know."""

F = TypeVar("F", bound=Callable[[Tensor], Tensor])
R = TypeVar("R", bound=Rule)


def implementation(
    title: str, *, formula: str = "", code: str | None = None, elementwise: bool = False
) -> Callable[[F], F]:
    """Enter the function below as a ReLU under its own name; its docstring is its help.

    It maps h of shape (n, hidden), of any dtype that a spec may have, to a tensor of the same shape and dtype,
    differentiably. `code` is the expression that a script writes, `name(h)` where none is given.
    `elementwise` says that each value of the result depends on the value of h in its place alone;
    only then may it be given the h of many runs at once.

    Raises PluginError where that is no function of one tensor, or where the name is taken.
    """
    if not isinstance(title, str):  # @implementation without its brackets
        raise PluginError('expected a title, as in @implementation("My own")')

    def enter(function: F) -> F:
        name = _function_name(function)
        _check_free("ReLU", name, RELUS)
        told = {"formula": formula, "code": code or f"{name}(h)"}
        relus.implementation(title, **told, elementwise=elementwise, bends_at_zero=False)(function)
        return function

    return enter


def rule(cls: type[R]) -> type[R]:
    """Enter the class below as an update rule, under the name that its field `rule` defaults to.

    Its other fields are its hyperparameters; each needs a default, with which the form begins.

    Raises PluginError where it is no sound rule, or where the name is taken.
    """
    if not (isinstance(cls, type) and issubclass(cls, Rule)):
        name = getattr(cls, "__name__", repr(cls))
        raise PluginError(f"{name} is not a Rule: expected class {name}(Rule)")
    field = cls.model_fields["rule"]
    name = field.default
    if get_origin(field.annotation) is not Literal or get_args(field.annotation) != (name,):
        raise PluginError(f'{cls.__name__} has no name: expected rule: Literal["mine"] = "mine"')
    if not name or not isinstance(name, str):
        raise PluginError(f"{cls.__name__} is named {name!r}: expected some text")
    if (cls.step, cls.begin) == (Rule.step, Rule.begin):
        raise PluginError(f"{cls.__name__} has no method step")
    _check_defaults(cls)
    _check_free("rule", name, RULES)
    return rules.rule(cls)


def _function_name(function: object) -> str:
    name: str | None = getattr(function, "__name__", None)
    if name is None or not callable(function) or isinstance(function, type):
        raise PluginError(
            f"{name or repr(function)} is not a function: expected def my_own(h), "
            "which may call the apply of an autograd.Function"
        )
    if not name.isidentifier():  # of a lambda, say: a script could not call it
        raise PluginError(f"{name} is no name: expected def my_own(h)")
    try:
        inspect.signature(function).bind("h")
    except TypeError as error:
        raise PluginError(f"{name} cannot be called with h alone: {error}") from None
    except ValueError:  # one in C, say, that does not tell its parameters
        pass
    return name


def _check_defaults(cls: type[Rule]) -> None:
    """Whether the defaults are such as may come over the wire, since the form sends them back."""
    try:
        made = cls.model_validate({})
        cls.model_validate(made.model_dump(mode="json", warnings=False))
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise PluginError(f"the defaults of {cls.__name__} are wrong: {'; '.join(wrong)}") from None
    cls.model_json_schema()  # the form is drawn from it


def _check_free(kind: str, name: str, registry: Mapping[str, object]) -> None:
    if name not in registry:
        return
    entry = registry[name]
    module = getattr(entry.apply if isinstance(entry, relus.Relu) else entry, "__module__", "")
    file = getattr(sys.modules.get(module), "__file__", None)
    holder = "a built-in one" if module.startswith(f"{__package__}.") else file or module
    raise PluginError(f"the name of the {kind} {name} is taken by {holder}")


def load(files: Sequence[Path]) -> None:
    """Import all plug-ins: those of installed distributions, then `files` in their order.

    To be called before `SPEC` is imported. Each file becomes a module with a name of its own.

    Raises PluginError where one cannot be imported or enters nothing.
    """
    for group in GROUPS:
        points = importlib.metadata.entry_points(group=group)
        for point in sorted(points, key=lambda point: (point.name, point.value)):
            _load_point(point)
    given = {file.resolve(): file for file in files}
    for number, (path, file) in enumerate(given.items(), start=1):
        _load_file(path, str(file), f"reluscope_loaded_{number}_{path.stem}")


def _load_point(point: EntryPoint) -> None:
    """Import what one entry point names. Where several name one module, it need not enter anew."""
    source = f"entry point {point.name} = {point.value}"
    if point.dist:
        source += f" of {point.dist.name}"
    with _loading(source, must_enter=point.module not in sys.modules):
        target = point.load()
    entered = any(target is entry for entry in _entries().values())
    if not isinstance(target, ModuleType) and not entered:
        raise PluginError(
            "has not been entered: expected @implementation or @rule above it", source
        )


def _load_file(path: Path, source: str, name: str) -> None:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError("is not a Python file: expected a name that ends in .py", source)
    if not path.is_file():
        raise PluginError("there is no such file", source)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where pickle and inspect.getsource look
    with _loading(source, path):
        spec.loader.exec_module(module)


@contextmanager
def _loading(source: str, path: Path | None = None, *, must_enter: bool = True) -> Iterator[None]:
    """While inside, a plug-in is imported; PluginError tells with its place whatever goes wrong.

    `source` is what the plug-in is called where no file is known, or its file is `path`.
    """
    before, early = _entries(), SPEC not in sys.modules
    try:
        yield
    except (Exception, SystemExit) as error:
        place, line = _place(error)
        known = place is not None and place != str(path)
        raise PluginError(_reason(error), place if known else source, line) from error
    after = _entries()
    if replaced := [key[1] for key, entry in before.items() if after.get(key) is not entry]:
        raise PluginError(f"replaces {', '.join(replaced)}", source)
    if must_enter and len(after) == len(before):
        raise PluginError("enters no ReLU and no rule", source)
    if early and SPEC in sys.modules:
        raise PluginError(f"imports {SPEC}, which must come after all rules", source)


def _entries() -> dict[tuple[str, str], Any]:
    """The functions and classes that are entered, by kind and name."""
    functions = {("ReLU", name): relu.apply for name, relu in RELUS.items()}
    return {**functions, **{("rule", name): cls for name, cls in RULES.items()}}


def _reason(error: BaseException) -> str:
    """What was raised, on one line."""
    if isinstance(error, PluginError):
        return error.reason
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return ": ".join(filter(None, (type(error).__name__, " ".join(text.split()))))


def _place(error: BaseException) -> tuple[str | None, int | None]:
    """File and line: where the syntax is wrong, or the deepest line in the first file on the way to
    `error` that is neither this one nor importlib's."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_file():
        return error.filename, error.lineno
    ours = {__file__, importlib.__file__, importlib.metadata.__file__}
    frames = [
        (frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    theirs = [(file, line) for file, line in frames if file not in ours and "<frozen" not in file]
    if not theirs:
        return None, None
    first = theirs[0][0]
    return first, [line for file, line in theirs if file == first][-1]
