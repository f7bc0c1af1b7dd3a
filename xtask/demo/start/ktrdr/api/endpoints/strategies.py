"""Strategies and whether they were trained."""

from ktrdr.decision import Signal
from ktrdr.training.model_storage import ModelStorage

STRATEGIES = {"trend": Signal.BUY, "range": Signal.HOLD}


def list_strategies():
    """Every strategy with the signal it starts from."""
    trained = ModelStorage().list_models()
    return [
        {"name": name, "starts_with": signal, "trained": name in trained}
        for name, signal in STRATEGIES.items()
    ]
