"""How rules speak: API names in the spelling of the user's language, calls in the user's own words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biconvex.lint.model import CtxCall, Function, Place

__all__ = ["a_kind", "about", "begin", "callee", "in_tests", "name_of", "quoted", "spelled"]

_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DOTTED = re.compile(r"\w+(\.\w+)*")
_TESTS = re.compile(
    r"(?:^|/)(?:__tests__|tests?)/[^/]+$|(?:^|/)(?:test_[^/]*|conftest)\.py$|[._](?:test|spec|testing)\.\w+$"
)


def spelled(name: str, place: Place) -> str:
    """Spell an API name as the language at a place does: `run_after` in Python, else `runAfter`."""
    return _CAPITAL.sub("_", name).lower() if place.source.language == "python" else name


def a_kind(function: Function) -> str:
    """Name a function's kind with its article: `an action`, `a mutation`, `an HTTP action`."""
    return {"action": "an action", "httpAction": "an HTTP action"}.get(function.kind, f"a {function.kind}")


def name_of(function: Function) -> str:
    """Name a function for a message; a default export by its module, a nameless HTTP action as such."""
    if function.name == "default":
        return f"the default export of `{function.module.path}`"
    return f"`{function.name}`" if function.name else "this HTTP action"


def about(function: Function) -> str:
    """Give the topic of all problems that are one mistake in a function: the place of its registration."""
    return f"{function.registration.source.path}:{function.registration.start}"


def begin(sentence: str) -> str:
    """Begin a sentence with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def quoted(called: str) -> str:
    """Quote what is called, as it is written, when that is a plain path: `ctx.db.insert(…)`."""
    written = "".join(called.split()).replace("?.", ".")
    return f"`{written}(…)`" if _DOTTED.fullmatch(written) else "this call"


def callee(call: CtxCall) -> str:
    """Quote what a call on a ctx calls; by the name that the API has when it isn't written as a plain path."""
    written = quoted(call.place.text.partition("(")[0])
    return written if written.startswith("`") else f"`ctx.{spelled(call.api, call.place)}(…)`"


def in_tests(place: Place) -> bool:
    """Tell whether a place is in a file of tests, by its path: `a.test.ts`, `tests/a.ts`, `test_a.py`."""
    return _TESTS.search(place.source.path) is not None
