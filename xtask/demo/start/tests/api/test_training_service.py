"""The training service lists models."""

import unittest
from unittest.mock import patch


class TrainingServiceTest(unittest.TestCase):
    @patch("ktrdr.api.services.training_service.ModelStorage")
    def test_models_are_listed(self, storage):
        from ktrdr.api.services.training_service import TrainingService

        storage.return_value.list_models.return_value = ["trend"]
        self.assertEqual(TrainingService().list_models(), ["trend"])
