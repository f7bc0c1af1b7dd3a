"""Asks CPython what a check decides by reading. Run in the folder of the case's files.

Prints `violated` or `holds`; anything else is an error of the case.
"""

import ast
import builtins
import importlib
import importlib.machinery
import inspect
import json
import os
import sys
import threading
import types

sys.path.insert(0, os.getcwd())
request = json.loads(sys.argv[1])
word = request["word"]


class Anything:
    """Has every attribute, can be called, entered and looked through once."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __mro_entries__(self, bases):
        return ()

    def __iter__(self):
        return iter([self])

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return False


class Stub(types.ModuleType):
    """A module that has every name, and remembers which were asked for."""

    asked = set()
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        Stub.asked.add(f"{self.__name__}.{name}")
        return Anything()


class Finder:
    """Stands in for modules that are neither in the case nor installed."""

    def find_spec(self, name, path=None, target=None):
        parent = sys.modules.get(name.rpartition(".")[0])
        if parent is not None and not isinstance(parent, Stub):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return Stub(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.append(Finder())


def module_name(path):
    stem = path[: -len(".py")]
    if stem.endswith("/__init__"):
        stem = stem[: -len("/__init__")]
    return stem.replace("/", ".")


def files():
    given = request["files"]
    return [given] if isinstance(given, str) else given


def load_all():
    return [importlib.import_module(module_name(path)) for path in files()]


def is_name_error(error, name):
    return isinstance(error, NameError) and f"'{name}'" in str(error)


def functions(namespace, module):
    """Every function that is defined in the module, with as many arguments as it takes."""
    for value in list(namespace.values()):
        if isinstance(value, types.FunctionType) and value.__module__ == module:
            yield value, None
        elif isinstance(value, type) and value.__module__ == module:
            for member in list(vars(value).values()):
                if isinstance(member, (staticmethod, classmethod)):
                    member = member.__func__
                if isinstance(member, property):
                    member = member.fget
                if isinstance(member, types.FunctionType):
                    yield member, value


def call(function):
    signature = inspect.signature(function)
    positional = [
        Anything()
        for parameter in signature.parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    named = {
        parameter.name: Anything()
        for parameter in signature.parameters.values()
        if parameter.kind == parameter.KEYWORD_ONLY
    }
    result = function(*positional, **named)
    if inspect.iscoroutine(result):
        try:
            result.send(None)
        except StopIteration:
            pass
    elif inspect.isgenerator(result):
        list(result)
    elif isinstance(result, types.FunctionType):
        call(result)


def any_name_error(namespace, module, name):
    for function, _ in functions(namespace, module):
        try:
            call(function)
        # Made-up arguments make functions fail in many ways; one way is asked about.
        except Exception as error:
            if is_name_error(error, name):
                return True
    return False


def no_eager_import():
    what = request["module"]
    load_all()
    if "name" in request:
        what = f"{what}.{request['name']}"
        return what in Stub.asked or what in sys.modules
    return what in sys.modules


def no_chain():
    """Notes which lines of the case are run, too."""
    for root in reversed(request.get("roots", [".", "src"])):
        sys.path.insert(0, os.path.join(os.getcwd(), root))
    sys.settrace(trace)
    threading.settrace(trace)
    importlib.import_module(request["entry"])
    sys.settrace(None)
    return request["target"] in sys.modules


RAN = set()


def trace(frame, event, _):
    path = os.path.relpath(frame.f_code.co_filename)
    if path.startswith(".."):
        return None
    if event == "line":
        RAN.add(f"{path}:{frame.f_lineno}")
    return trace


def deferred_import():
    """Takes the module-level import away once it has served loading, and calls every function."""
    name = request["name"]
    for path in files():
        try:
            module = importlib.import_module(module_name(path))
        except NameError as error:
            if is_name_error(error, name):
                return True
            raise
        value = vars(module).get(name)
        own = getattr(value, "__module__", None) == module.__name__
        if value is not None and not own:
            del vars(module)[name]
        if any_name_error(vars(module), module.__name__, name):
            return True
    return False


class WithoutImports(ast.NodeTransformer):
    """Leaves out every import that binds the name."""

    def __init__(self, name):
        self.name = name

    def keep(self, node):
        bound = [(alias.asname or alias.name).split(".")[0] for alias in node.names]
        return ast.Pass() if self.name in bound else node

    visit_Import = keep
    visit_ImportFrom = keep


def annotations_deferred():
    name = request["name"]
    for path in files():
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
        tree = ast.fix_missing_locations(WithoutImports(name).visit(tree))
        namespace = {"__name__": "case", "__builtins__": builtins}
        sys.modules["case"] = types.ModuleType("case")
        try:
            exec(compile(tree, path, "exec"), namespace)
        except NameError as error:
            if is_name_error(error, name):
                return True
            raise
        if any_name_error(namespace, "case", name):
            return True
    return False


print("violated" if globals()[word]() else "holds")
print(*RAN, sep="\n")
