"""reluscope: a live scope for training two-layer ReLU networks."""

from importlib.metadata import version

__version__ = version("reluscope")
