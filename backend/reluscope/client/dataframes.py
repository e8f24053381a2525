"""Losses and results as pandas has them."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NotInstalled
from .values import Diagnostics, Results

if TYPE_CHECKING:
    import pandas as pd


def of_run(first: int, losses: NDArray[np.float64], measured: Diagnostics | None) -> "pd.DataFrame":
    """One row an iteration; what was measured is NaN at those where it was not."""
    pandas = _pandas()
    index = pandas.RangeIndex(first, first + len(losses), name="iteration")
    frame: pd.DataFrame = pandas.DataFrame({"loss": losses}, index=index)
    if measured is not None:
        channels = pandas.DataFrame(measured.channels, index=measured.iterations)
        frame = frame.join(channels.reindex(index))
    return frame


def of_results(results: Results) -> "pd.DataFrame":
    """One row a run, by its id."""
    pandas = _pandas()
    frame: pd.DataFrame = pandas.DataFrame(results.rows, columns=results.columns).set_index("id")
    return frame


def _pandas() -> Any:
    try:
        import pandas as pd  # noqa: PLC0415 - an extra
    except ImportError:
        raise NotInstalled("a DataFrame", "pandas") from None
    return pd
