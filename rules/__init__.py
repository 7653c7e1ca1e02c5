"""The rules that come with Biconvex, as a rule pack: a package for each theme, a module for each rule.

The entry point `builtin` in the group `biconvex.rules` names this package. A new module below it is found by
itself: there is no list to keep.
"""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from biconvex.lint.plugins import hookimpl
from biconvex.lint.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["biconvex_rules"]


@hookimpl
def biconvex_rules() -> list[type[Rule]]:
    """Every rule class that a module of this package defines."""
    return list(_rules())


def _rules() -> Iterator[type[Rule]]:
    for module_info in pkgutil.walk_packages(__path__, f"{__name__}."):
        module = import_module(module_info.name)
        for value in vars(module).values():
            if inspect.isclass(value) and issubclass(value, Rule) and value.__module__ == module.__name__:
                yield value
