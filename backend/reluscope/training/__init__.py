"""Training of two-layer ReLU networks, readable alone. Knows torch; knows no thread, no web.

What a plug-in needs is imported from here.
"""

from .plugins import implementation, rule
from .relus import Relu
from .rules import LearningRate, Rule

__all__ = ["LearningRate", "Relu", "Rule", "implementation", "rule"]
