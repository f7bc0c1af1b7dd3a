"""From a model's answer to a trade."""

from .base import Signal

__all__ = ["DecisionEngine", "Signal"]


def __getattr__(name):
    """Loads the engine, and torch with it, when somebody asks for it (PEP 562)."""
    if name == "DecisionEngine":
        from .engine import DecisionEngine

        return DecisionEngine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
