"""Most of what can be written."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import enum
import functools
import importlib
import sys
import typing as t

if t.TYPE_CHECKING:
    import typed

try:
    import absent_one
except ImportError:
    absent_one = None
else:
    del absent_one
finally:
    done = True

with contextlib.suppress(ImportError):
    from absent import two as three

if sys.version_info >= (3, 8) and sys.platform != "win32":
    import versioned
elif not done:
    import other
else:
    raise SystemExit(1)


def decorate(*given, key=None, **more):
    def inner(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    return inner


class Meta(type):
    def __new__(mcs, name, bases, namespace, **more):
        made = super().__new__(mcs, name, bases, namespace)
        made.registry = getattr(made, "registry", []) + [name]
        return made

    def __getattr__(cls, name):
        return importlib.import_module(f"lazy.{name}")


class Descriptor:
    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        from . import fetched

        return fetched


class Base(metaclass=Meta, key=1):
    field: int = 1
    other = Descriptor()
    __slots__ = ("a", "b")

    def __init__(self, a=(1, 2), /, b=None, *rest, c, **more):
        self.a, (self.b, *self.rest) = a, rest

    def __init_subclass__(cls, /, key=None, **more):
        super().__init_subclass__(**more)

    @property
    def value(self):
        return self.a[0] if self.b else -self.a[1]

    @classmethod
    def make(cls, *args):
        return cls(*args, c=1)

    @staticmethod
    def plain():
        global counter
        counter = 1

    def __enter__(self):
        return self

    def __exit__(self, *why):
        return False

    def __iter__(self):
        yield from self.rest


@dataclasses.dataclass
class Data(Base):
    items: list[int] = dataclasses.field(default_factory=lambda: list(Base.make()))


class Colour(enum.Enum):
    RED = "red"
    GREEN = enum.auto()


@decorate("a", key=lambda x: x)
def run(number: int, names=[*"ab"]) -> t.Iterator[str]:
    nonlocal_value = 0

    def step():
        nonlocal nonlocal_value
        nonlocal_value += 1

    while number > 0 and (half := number // 2):
        number -= half
        if number % 2:
            continue
        step()
    else:
        return {"a": [x for x in names if x], **{n: n for n in names}}
    for a, *b in enumerate(names):
        try:
            yield f"{a!r:>{number}} {b=}"
        except* (ValueError, TypeError) as group:
            raise RuntimeError from group
    assert number, "none"


async def wait():
    async with Base.make() as base, base as other:
        async for item in base:
            await item
    return [x async for x in base]


match Base.make().value:
    case 0 | 1 as small if small:
        import small
    case {"a": [first, *_], **rest}:
        import mapping
    case Base(a=1):
        import matched
    case _:
        import wildcard

with Base.make() as one, Base.make():
    list(run(3))
    asyncio.run(wait())
Data.lazy
print(*Data.registry, sep="", end="\n")
matrix = [[1] * 3 for _ in range(3)][0:2:1]
lookup = {"run": run, 1: lambda *a, **k: a}["run"](2)
exec("import executed")
eval("__import__('evaluated')")
type Alias[T] = list[T] | None


def generic[T: int, *Ts, **P](a: T) -> T: ...


sys.modules["replaced"] = Base
from star import *


def __getattr__(name):
    if name == "late":
        from . import late

        return late
    raise AttributeError(name)
