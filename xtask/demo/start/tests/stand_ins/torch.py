"""The part of torch that the tests need."""

import pickle


class Model(dict):
    """A model that can be asked for nothing."""

    def eval(self):
        """Nothing to switch."""


class nn:
    """The namespace of the layers."""

    Module = Model


def save(model, path):
    with open(path, "wb") as file:
        pickle.dump(dict(model), file)


def load(path):
    with open(path, "rb") as file:
        return Model(pickle.load(file))


def tensor(values):
    return list(values)
