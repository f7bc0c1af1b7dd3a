"""The entry point of the backend."""

from ktrdr.api.app import App


def create_application():
    """Builds the application; called below, while this module is loaded."""
    from ktrdr.api.endpoints import strategies, training

    app = App()
    app.route("/strategies", strategies.list_strategies)
    app.route("/models", training.list_models)
    return app


app = create_application()
