"""Training, as the backend sees it: it asks workers and loads no model itself."""


class TrainingService:
    """Starts trainings and lists what came of them."""

    def list_models(self):
        """The names of the trained models."""
        from ktrdr.training.model_storage import ModelStorage

        return ModelStorage().list_models()
