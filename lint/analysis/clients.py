"""What client code calls: `useQuery(api.tasks.list, { … })`, `client.mutation(api.tasks.add, { … })`."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from biconvex.lint import syntax
from biconvex.lint.aliases import alias_targets, read_aliases
from biconvex.lint.analysis.names import GENERATED_API
from biconvex.lint.analysis.references import written_references
from biconvex.lint.model import ClientCall, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from biconvex.lint.aliases import Aliases
    from biconvex.lint.analysis.program import Program
    from biconvex.lint.model import FunctionReference
    from biconvex.lint.parsed import ParsedFile

__all__ = ["client_calls"]

_Operation = Literal["query", "mutation", "action"]

_WITH_ARGUMENTS: dict[str, _Operation] = {
    "useQuery": "query", "usePaginatedQuery": "query", "useConvexQuery": "query", "convexQuery": "query",
    "fetchQuery": "query", "preloadQuery": "query", "fetchMutation": "mutation", "fetchAction": "action",
    "convexAction": "action",
}  # fmt: skip
_WITHOUT_ARGUMENTS: dict[str, _Operation] = {
    "useMutation": "mutation", "useConvexMutation": "mutation", "useAction": "action", "useConvexAction": "action",
}  # fmt: skip
_METHODS: dict[str, _Operation] = {
    "query": "query",
    "mutation": "mutation",
    "action": "action",
    "onUpdate": "query",
}
_SUFFIX = re.compile(r"\.(?:[cm]?[jt]s)$")
_PAGINATED = frozenset({"usePaginatedQuery"})
_ROOTS = frozenset({"api", "internal"})


def client_calls(
    program: Program, clients: Sequence[tuple[str, ParsedFile]], root: str
) -> Iterator[ClientCall]:
    """Note every reference in client code to a function of the backend; give the calls that name one first.

    Paths are relative to the functions folder, whose own absolute path is `root`. Only what surely imports this
    backend's generated code counts.
    """
    aliases: dict[str, Aliases] = {}
    for path, parsed in clients:
        folder = posixpath.dirname(posixpath.normpath(posixpath.join(root, path)))
        roots = dict(_roots(folder, root, parsed, aliases))
        if not roots:
            continue
        found: dict[tuple[int, int], FunctionReference] = {}
        for names, node in written_references(parsed.module.body, roots):
            if len(names) > 2:
                of = cast("Literal['api', 'internal']", names[0])
                place = Place(parsed.source, node.start, node.end)
                reference = program.reference_table.resolve(of, names[1:], place)
                if reference is not None:
                    found[node.start, node.end] = reference
        if found:
            yield from _calls(parsed, found)


def _roots(
    folder: str, root: str, parsed: ParsedFile, aliases: dict[str, Aliases]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the local names of `api` and `internal` in a script of a folder; `aliases` are those read so far."""
    for node in parsed.module.body:
        if isinstance(node, syntax.Import) and not node.type_only:
            wanted = [name for name in node.names if name.imported in _ROOTS and not name.type_only]
            if wanted and _is_generated_api(node.source, folder, root, aliases):
                yield from ((name.local, (name.imported,)) for name in wanted if name.imported)


def _is_generated_api(source: str, folder: str, root: str, aliases: dict[str, Aliases]) -> bool:
    """Tell whether an import means the generated code of the backend at `root`, by the aliases of its own folder.

    Those of the backend need not hold there: each package of a repository may have its `@/*`.
    """
    plain = _SUFFIX.sub("", source)
    if not plain.endswith(GENERATED_API):
        return False
    if source.startswith("."):
        targets = [plain]
    else:
        if folder not in aliases:
            aliases[folder] = read_aliases(Path(folder))
        targets = list(alias_targets(aliases[folder], plain))
    return any(
        posixpath.normpath(posixpath.join(folder, target)) == f"{root}/{GENERATED_API}" for target in targets
    )


def _calls(parsed: ParsedFile, found: dict[tuple[int, int], FunctionReference]) -> Iterator[ClientCall]:
    for node in syntax.walk(parsed.module):
        if not isinstance(node, syntax.Call) or not node.arguments:
            continue
        reference = found.get((node.arguments[0].start, node.arguments[0].end))
        name = _name(node.callee)
        if reference is None or name is None:
            continue
        is_method = isinstance(node.callee, syntax.Member)
        operation = (_METHODS if is_method else {**_WITH_ARGUMENTS, **_WITHOUT_ARGUMENTS}).get(name)
        if operation is not None:
            yield ClientCall(
                name=name,
                operation=operation,
                place=Place(parsed.source, node.start, node.end),
                reference=reference,
                passes_arguments=(is_method or name in _WITH_ARGUMENTS)
                and not any(isinstance(argument, syntax.Spread) for argument in node.arguments),
                args=node.arguments[1] if len(node.arguments) > 1 else None,
                paginated=name in _PAGINATED,
            )


def _name(callee: syntax.Node) -> str | None:
    while isinstance(callee, syntax.Cast):
        callee = callee.value
    if isinstance(callee, syntax.Member):
        return callee.name
    return callee.id if isinstance(callee, syntax.Name) else None
