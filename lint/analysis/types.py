"""Types that a module gives a name of its own: `type Ctx = QueryCtx | MutationCtx`, `import type { Ctx }`.

Types leave no trace in the syntax tree but their places; what a name stands for is read where it is declared.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.ctx import annotation_of, members_of
from biconvex.lint.analysis.scopes import bound_names

if TYPE_CHECKING:
    from biconvex.lint.analysis.ctx import Annotation
    from biconvex.lint.analysis.modules import ModuleState

__all__ = ["TypeNames"]

_FURTHEST = 5
"""Through how many names a type is followed."""

_ALIAS = re.compile(r"\btype\s+(\w+)\s*(?:<[^=]*>)?\s*=\s*(.+?);?\s*$", re.DOTALL)
_INTERFACE = re.compile(r"\binterface\s+(\w+)\s*(?:<[^{]*?>)?\s*\bextends\s+([^{]+)\{", re.DOTALL)
_NAME = re.compile(r"^(\w+)(?:<.*>)?$", re.DOTALL)
_DECLARATIONS = {"type_alias_declaration": _ALIAS, "interface_declaration": _INTERFACE}


class TypeNames:
    """What the names of types stand for in one module; each annotation is read once."""

    def __init__(self, module: ModuleState) -> None:
        self._module = module
        self._named: dict[str, str] | None = None
        self._imported: dict[str, tuple[str, str]] = {}
        self._known: dict[str, Annotation | None] = {}

    def annotation(self, text: str | None) -> Annotation | None:
        """Read a parameter's type as `annotation_of` does, through the names that this module knows."""
        if text is None:
            return None
        found = annotation_of(text)
        if found is not None:
            return found
        if text not in self._known:
            self._known[text] = None  # also while it is read: a type may be named by itself
            self._known[text] = annotation_of(self._expanded(text, 0))
        return self._known[text]

    def _expanded(self, text: str, far: int) -> str:
        """Give a union or intersection with what its members stand for."""
        return " | ".join(self._meaning(part, far) or part for part in members_of(text))

    def _meaning(self, part: str, far: int) -> str | None:
        name = _NAME.match(part)
        if name is None or far >= _FURTHEST:
            return None
        return self._declared(name.group(1), far + 1)

    def _declared(self, name: str, far: int) -> str | None:
        """Give what a name stands for; the imported name itself where that comes from out of sight."""
        if self._named is None:
            self._named = self._read()
        if name in self._named:
            return self._expanded(self._named[name], far)
        if name not in self._imported or far >= _FURTHEST:
            return None
        source, imported = self._imported[name]
        module = self._module.program.module_for(source, self._module)
        return module.types._declared(imported, far + 1) if module is not None else imported

    def _read(self) -> dict[str, str]:
        """Read the declarations and imports at the top of the module."""
        named: dict[str, str] = {}
        text = self._module.source.text
        for statement in self._module.tree.body:
            node = statement.declaration if isinstance(statement, syntax.Export) else statement
            if isinstance(node, syntax.Other) and node.kind in _DECLARATIONS:
                found = _DECLARATIONS[node.kind].search(text(node.start, node.end))
                if found is not None:
                    named[found.group(1)] = found.group(2).strip().lstrip("|&").strip()
            elif isinstance(node, syntax.Import):
                self._imported |= {each.local: (node.source, each.imported) for each in node.names}
            elif self._module.is_python and isinstance(node, syntax.Declare) and node.value is not None:
                for name in bound_names(node.target):
                    named[name] = text(node.value.start, node.value.end)
        return named
