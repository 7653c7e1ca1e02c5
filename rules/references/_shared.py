"""What the rules about references have in common: names in dots, places in files, and close matches."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from biconvex.lint.model import Backend, Function, FunctionReference, Module, Place

__all__ = ["closest", "declared", "dotted", "is_written_out", "modules_by_file", "registered_as"]

_CLOSE = 0.8


def dotted(function: Function) -> str:
    """Give the reference to a deployed function: `internal.tasks.remind`."""
    path, _, name = (function.reference or "").partition(":")
    root = "api" if function.visibility == "public" else "internal"
    return ".".join((root, *path.split("/"), name))


def is_written_out(reference: FunctionReference) -> bool:
    """Tell whether a reference is written at its place, and not just the name of a variable that holds it."""
    return not reference.place.text.isidentifier()


def registered_as(function: Function) -> str:
    """Say what a function is: `a public query`, `an internal action`."""
    if function.kind == "httpAction":
        return "an HTTP action"
    return f"{'a public' if function.visibility == 'public' else 'an internal'} {function.kind}"


def declared(function: Function) -> tuple[tuple[Place, str], ...]:
    """Give the registration of a function as evidence."""
    return ((function.place, f"registered here, as {registered_as(function)}"),)


def closest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name that is surely meant, if there is one."""
    found = get_close_matches(name, sorted(known), n=2, cutoff=_CLOSE)
    return found[0] if found else None


def modules_by_file(backend: Backend) -> dict[str, Module]:
    """Give the modules of a backend by the paths of their files."""
    return {module.source.path: module for module in (*backend.modules.values(), *backend.twins)}
