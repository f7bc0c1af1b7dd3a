"""Loads a trained model."""

from pathlib import Path

import torch


class ModelLoader:
    """Loads models from a folder."""

    def __init__(self, folder: str = "models"):
        self.folder = Path(folder)

    def load_model(self, name: str) -> torch.nn.Module:
        """The model with this name, ready to be asked."""
        model = torch.load(self.folder / name)
        model.eval()
        return model
