"""Keeps trained models in a folder."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


class ModelStorage:
    """Saves, loads and lists models."""

    def __init__(self, folder: str = "models"):
        self.folder = Path(folder)

    def save_model(self, model: "torch.nn.Module", name: str) -> Path:
        """Writes the model to the folder."""
        import torch

        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        torch.save(model, path)
        return path

    def load_model(self, name: str):
        """The model with this name."""
        import torch

        return torch.load(self.folder / name)

    def list_models(self) -> list:
        """The names of the models, sorted."""
        if not self.folder.exists():
            return []
        return sorted(path.name for path in self.folder.iterdir())
