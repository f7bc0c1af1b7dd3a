"""Imports a module as if another one were not installed, and writes down what happened.

Run as `python -I -B probe.py ANSWER TOKEN ROOT ENTRY ATTRIBUTE TARGET`: imports ENTRY from the
tree at ROOT without TARGET, asks it for ATTRIBUTE (unless that is empty), and writes the facts as
JSON into the new file ANSWER. If TARGET is empty nothing is blocked, and who asked first for each
module is written down. What the facts mean is for the reader to say; no answer is an answer too.

Everything that is needed after the import is taken hold of before it, because the imported code
may replace it. For CPython 3.9 to 3.15.
"""

import builtins
import importlib
import importlib.util
import json
import os
import platform
import sys
import time

OWN_FILE = sys._getframe().f_code.co_filename
IMPORTLIB = os.path.dirname(importlib.__file__) + os.sep
LIMIT = 1000


class Gate:
    """The one finder: asks the others, and finds nothing for the target.

    The others are no longer asked by anybody else, so that the import system itself ends the
    import as it does for what is not there, and `importlib.util.find_spec` answers None.
    """

    def __init__(self, finders, target):
        self.finders = finders
        self.target = target
        self.requests = []
        self.asked = set()

    def find_spec(self, name, path=None, target=None):
        if not self.target:
            if name not in self.asked:
                self.asked.add(name)
                self.requests.append((name, stack(sys._getframe(1), name)[-1:]))
        elif is_within(name, self.target):
            self.note(name, sys._getframe(1))
            return None
        for finder in self.finders:
            find_spec = getattr(finder, "find_spec", None)
            spec = find_spec and find_spec(name, path, target)
            if spec is not None:
                return spec
        return None

    def note(self, name, frame):
        if len(self.requests) < LIMIT:
            self.requests.append((name, stack(frame, name)))

    def audit(self, event, arguments, _missing=ModuleNotFoundError):
        """Stands where nobody can take it away: blocks what no longer passes the gate.

        `import` is raised before the finders are asked, with those as the fourth argument.
        """
        if event == "import" and self.target and is_within(arguments[0], self.target):
            finders = arguments[3]
            if not finders or finders[0] is not self:
                name = arguments[0]
                self.note(name, sys._getframe(1))
                raise _missing("No module named " + repr(name), name=name)

    def replaced(self, original=builtins.__import__):
        """What the imported code has put another thing in the place of."""
        ways = [
            ("builtins.__import__", builtins.__import__ is original),
            ("sys.meta_path", any(finder is self for finder in sys.meta_path)),
        ]
        return [name for name, is_there in ways if not is_there]

    def invalidate_caches(self):
        for finder in self.finders:
            getattr(finder, "invalidate_caches", int)()

    def find_distributions(self, *context):
        """Asked by `importlib.metadata`: what is not installed has no version either."""
        name = getattr(context[0], "name", None) if context else None
        if isinstance(name, str) and name.replace("-", "_").lower() == self.target.lower():
            return
        for finder in self.finders:
            find = getattr(finder, "find_distributions", None)
            if find is not None:
                yield from find(*context)


def is_within(name, package):
    return name == package or name.startswith(package + ".")


def stack(frame, name):
    """The code that runs, outermost first, down to the statement that asks for `name`."""
    frames = []
    is_asked = False
    while frame is not None:
        code = frame.f_code
        if not is_import_system(code.co_filename):
            frames.append(place(frame, frame.f_lineno))
        elif not is_asked and code.co_name == "_find_and_load" and frame.f_locals.get("name") == name:
            # What was found so far is a finder that asks the other ones in its turn. Further out
            # the same name may be asked for again, by who loads its parent for its sake.
            frames.clear()
            is_asked = True
        frame = frame.f_back
    return frames[:LIMIT][::-1]


def trace(error):
    """Where an exception was raised, outermost first."""
    frames = []
    step = error.__traceback__
    while step is not None and len(frames) < LIMIT:
        file = step.tb_frame.f_code.co_filename
        if not is_import_system(file):
            frames.append(place(step.tb_frame, step.tb_lineno))
        step = step.tb_next
    return frames


def is_import_system(file):
    return file == OWN_FILE or file.startswith(("<frozen importlib", IMPORTLIB))


def place(frame, line):
    code = frame.f_code
    is_function = code.co_flags & 1  # CO_OPTIMIZED: not the body of a module or class
    kind = "function" if is_function else "module" if code.co_name == "<module>" else "class"
    return {
        "file": clean(code.co_filename),
        "line": line or 1,
        "kind": kind,
        "name": clean(code.co_name),
        "module": clean(frame.f_globals.get("__name__")),
    }


def clean(value):
    """As text that can be written as UTF-8."""
    try:
        return str(value)[:2000].encode("utf-8", "backslashreplace").decode("utf-8")
    except Exception as error:
        return "<" + type(error).__name__ + " when asked for its text>"


def chain(error):
    """An exception and those that led to it, the last one first."""
    found = []
    waiting = [error]
    while waiting and len(found) < LIMIT:
        error = waiting.pop(0)
        if isinstance(error, BaseException) and not any(error is other for other in found):
            found.append(error)
            waiting += [error.__cause__, error.__context__]
            waiting += getattr(error, "exceptions", ())  # of a group
    return found


def describe(error):
    is_import_error = isinstance(error, ImportError)
    return {
        "type": clean(type(error).__name__),
        "message": clean(error),
        "is_import_error": is_import_error,
        "is_missing_module": isinstance(error, ModuleNotFoundError),
        "name": clean(error.name) if is_import_error and error.name else None,
        "trace": trace(error),
    }


def take_tree(root, package):
    """Puts the tree before everything that is installed."""
    source = os.path.join(root, "src")
    inside = os.path.join(source, package)
    is_there = os.path.isdir(inside) or os.path.isfile(inside + ".py")
    sys.path[:0] = [root, source] if is_there else [root]


def attempt(entry, attribute):
    """What came of it, and the exceptions that say why."""
    try:
        module = importlib.import_module(entry)
        if attribute:
            try:
                getattr(module, attribute)
            except AttributeError:
                if not is_submodule(module, entry + "." + attribute):
                    return "no_attribute", []
        return "imported", []
    except BaseException as error:
        return "raised", [describe(each) for each in chain(error)]


def is_submodule(package, name):
    """As `from package import name` does, a module is imported for what is no attribute."""
    if not hasattr(package, "__path__"):
        return False
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            return False
        raise
    return True


def is_installed(finders, target):
    """Whether one of the finders knows the target, or the package that it lies in."""
    top = target.partition(".")[0]
    for finder in finders:
        find_spec = getattr(finder, "find_spec", None)
        if top and find_spec and find_spec(top, None) is not None:
            return True
    return False


def loaded(package):
    """The modules of a package with the files that they came from."""
    modules = [(name, module) for name, module in list(sys.modules.items())]
    files = [(name, getattr(module, "__file__", None)) for name, module in modules if module]
    return [(clean(name), clean(file)) for name, file in files if file and is_within(name, package)]


def everything():
    """Every module that is loaded, with the file that it came from if there is one."""
    modules = [(name, module) for name, module in list(sys.modules.items()) if module]
    files = [(name, getattr(module, "__file__", None)) for name, module in modules]
    return [(clean(name), clean(file) if file else None) for name, file in files]


def write_down(answer, path, _exit=os._exit, dumps=json.dumps, os_open=os.open, write=os.write,
               close=os.close, replace=os.replace, flags=os.O_WRONLY | os.O_CREAT | os.O_EXCL):
    """In one step, so that an answer is whole or is not there; ends the interpreter."""
    data = dumps(answer).encode("ascii")
    file = os_open(path + ".part", flags, 0o600)
    while data:
        data = data[write(file, data):]
    close(file)
    replace(path + ".part", path)
    _exit(0)  # whatever threads and exit handlers the imported code has left


def main(_exit=os._exit, getpid=os.getpid, clock=time.monotonic):
    path, token, root, entry, attribute, target = sys.argv[1:]
    sys.argv[:] = ["-c"]
    package = entry.partition(".")[0]
    answer = {
        "token": token,
        "implementation": platform.python_implementation(),
        "version": sys.version_info[:3],
    }
    process = getpid()
    finders = sys.meta_path[:]
    gate = Gate(finders, target)
    outcome, errors, start = "preloaded", [], clock()
    try:
        installed = is_installed(finders, target)
        folders = sys.path[:]
        if target not in sys.modules:
            take_tree(root, package)
            sys.meta_path[:] = [gate]
            sys.addaudithook(gate.audit)
            outcome, errors = attempt(entry, attribute)
        if getpid() != process:
            _exit(0)  # a copy of this process, made by the imported code
        answer.update(
            outcome=outcome,
            errors=errors,
            seconds=clock() - start,
            requests=[{"name": clean(name), "stack": stack} for name, stack in gate.requests],
            is_present=sys.modules.get(target) is not None,
            is_installed=installed,
            replaced=gate.replaced(),
            modules=len(sys.modules),
            package=loaded(package),
        )
        if not target:
            answer.update(loaded=everything(), folders=[clean(folder) for folder in folders])
        write_down(answer, path)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        _exit(70)


if __name__ == "__main__":
    main()
