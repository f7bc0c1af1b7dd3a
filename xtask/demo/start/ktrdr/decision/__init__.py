"""From a model's answer to a trade."""

from .base import Signal
from .engine import DecisionEngine

__all__ = ["DecisionEngine", "Signal"]
