"""reluscope: a live scope for training two-layer ReLU networks."""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

__all__ = ["AsyncClient", "Client", "__version__"]

__version__ = version("reluscope")

if TYPE_CHECKING:
    from .client import AsyncClient, Client
else:

    def __getattr__(name: str) -> object:
        """The clients are imported when they are asked for: the package itself stays light."""
        if name in __all__:
            return getattr(import_module(".client", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
