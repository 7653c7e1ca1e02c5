"""The rules of our house: a pack that Biconvex finds by its entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.plugins import hookimpl

from house_rules.hard_delete import HardDelete

if TYPE_CHECKING:
    from biconvex.lint.rule import Rule

__all__ = ["biconvex_rules"]


@hookimpl
def biconvex_rules() -> list[type[Rule]]:
    """Give the rules of this pack."""
    return [HardDelete]
