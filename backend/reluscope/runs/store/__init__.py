"""The store: all runs in a database, SQLite in the data folder or PostgreSQL.

It is one more reader with a cursor over each trace. What it holds is enough to make every run whole
again, whatever ended the process that trained it.
"""

from .reading import Stored
from .snapshot import Snapshot
from .store import Store

__all__ = ["Snapshot", "Store", "Stored"]
