"""Training, as the backend sees it: it asks workers and loads no model itself."""

from ktrdr.backtesting.model_loader import ModelLoader
from ktrdr.training.model_storage import ModelStorage


class TrainingService:
    """Starts trainings and lists what came of them."""

    def __init__(self):
        self.model_storage = ModelStorage()
        self.model_loader = ModelLoader()

    def list_models(self):
        """The names of the trained models."""
        return self.model_storage.list_models()
