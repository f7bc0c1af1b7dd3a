"""The backend answers."""

import tempfile
import unittest


class BackendTest(unittest.TestCase):
    def test_strategies_are_listed(self):
        from ktrdr.api.main import app

        names = [strategy["name"] for strategy in app.get("/strategies")]
        self.assertEqual(names, ["trend", "range"])

    def test_a_saved_model_is_loaded_again(self):
        from ktrdr.backtesting.model_loader import ModelLoader
        from ktrdr.training.model_storage import ModelStorage

        with tempfile.TemporaryDirectory() as folder:
            ModelStorage(folder).save_model({"weights": [1, 2]}, "trend")
            self.assertEqual(ModelStorage(folder).list_models(), ["trend"])
            self.assertEqual(ModelLoader(folder).load_model("trend"), {"weights": [1, 2]})

    def test_the_engine_is_still_exported(self):
        from ktrdr.decision import DecisionEngine, Signal

        decision = DecisionEngine().decide(lambda features: sum(features), [1, 2])
        self.assertEqual(decision, Signal.BUY)
