"""Trained models."""

from ktrdr.api.services.training_service import TrainingService


def list_models():
    """The names of the trained models."""
    return TrainingService().list_models()
