"""A stand-in for a web framework."""


class App:
    """Routes by path."""

    def __init__(self):
        self.routes = {}

    def route(self, path, handler):
        self.routes[path] = handler

    def get(self, path):
        return self.routes[path]()
