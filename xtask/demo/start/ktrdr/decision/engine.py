"""Decides with a model."""

import torch

from .base import Signal


class DecisionEngine:
    """Turns a model's answer into a signal."""

    def decide(self, model, features):
        """Buy if the model expects a rise."""
        expected = model(torch.tensor(features))
        return Signal.BUY if expected > 0 else Signal.HOLD
