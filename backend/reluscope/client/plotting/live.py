"""A live figure of runs, where a notebook can show one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...errors import NotInstalled
from ..address import Address
from ..rim import Settings

if TYPE_CHECKING:
    from .figure import LiveFigure


def live_figure(
    labels: Mapping[str, str], address: Address, settings: Settings, *, log: bool
) -> "LiveFigure":
    """A figure that is being drawn, of runs that are called by `labels`.

    Raises NotInstalled where what a notebook needs for it is not there.
    """
    try:
        import anywidget  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise NotInstalled("a live plot", "jupyter") from None
    from .figure import LiveFigure  # noqa: PLC0415 - takes a second

    figure = LiveFigure(labels, log=log)
    figure.start(address, settings)
    return figure
