"""From parsed files to the backend model."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Protocol, TypeVar

from biconvex.lint.analysis.clients import client_calls
from biconvex.lint.analysis.components import app_definition
from biconvex.lint.analysis.crons import Crons, freeze_crons
from biconvex.lint.analysis.ctx import kinds_with
from biconvex.lint.analysis.entries import module_path
from biconvex.lint.analysis.graph import CallGraph
from biconvex.lint.analysis.outside import OutsideCalls
from biconvex.lint.analysis.program import Program
from biconvex.lint.analysis.routes import Router, freeze_routers
from biconvex.lint.model import Backend, CtxCall, DirectUse, Place, Promise
from msgspec.structs import force_setattr, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Literal

    from biconvex.lint.aliases import Aliases
    from biconvex.lint.analysis.facts import CallDraft
    from biconvex.lint.model import Body, Function, Kind, OutsideCall
    from biconvex.lint.parsed import ParsedFile
    from biconvex.lint.project import BackendFolder

__all__ = ["assemble", "build"]


def build(
    folder: BackendFolder,
    files: Sequence[ParsedFile],
    clients: Sequence[ParsedFile] = (),
    within: Collection[str] | None = None,
) -> Backend:
    """Analyse the files of a functions folder as one backend.

    The files' paths and `folder.shown` are relative to the same directory. Files that lie outside the folder
    take part as helpers; `clients` are only searched for what they call. With `within`, the paths of some of the
    files, only those are looked at; the other modules are there, as if they could not be read.
    """
    seen = [parsed for parsed in files if within is None or parsed.source.path in within]
    calling = [parsed for parsed in clients if within is None or parsed.source.path in within]
    placed = _placed(folder, seen)
    read = {path for path, _ in placed}
    there = {path.relative_to(folder.root).as_posix() for path in folder.files}
    there.update(path for path, _ in _placed(folder, files))
    unread = frozenset(module_path(path) for path in there if path not in read)
    return assemble(
        placed, folder.shown, folder.kind, folder.aliases, unread,
        version=folder.convex_version, generated=folder.generated,
        clients=_placed(folder, calling), place=folder.root.as_posix(),
    )  # fmt: skip


def _placed(folder: BackendFolder, files: Sequence[ParsedFile]) -> list[tuple[str, ParsedFile]]:
    return [(posixpath.relpath(parsed.source.path, folder.shown), parsed) for parsed in files]


def assemble(
    files: Sequence[tuple[str, ParsedFile]],
    root: str,
    kind: Literal["app", "component"],
    aliases: Aliases = (),
    unread: frozenset[str] = frozenset(),
    *,
    fragment: bool = False,
    version: tuple[int, int] | None = None,
    generated: frozenset[str] | None = None,
    clients: Sequence[tuple[str, ParsedFile]] = (),
    place: str = "",
) -> Backend:
    """Analyse files, given with their paths below the functions folder, as one backend.

    `unread` has the paths of modules that there are but that could not be read. Of a `fragment` only a part is
    in sight: what it doesn't show is unknown, not missing.
    `version` is that of the npm package `convex`, `generated` has the modules in the generated API. `clients` is code
    that may call the backend's functions; for that `place` must be the absolute path of the functions folder.
    """
    program = Program(sorted(files, key=lambda item: item[0]), root, aliases, unread, fragment=fragment)
    program.run()
    calls = tuple(client_calls(program, clients, place))
    backend = _Assembly(program, root, kind).backend()
    return replace(backend, convex_version=version, client_calls=calls, generated=generated)


class _Located(Protocol):
    @property
    def place(self) -> Place: ...


_Placed = TypeVar("_Placed", bound=_Located)
_Kept = TypeVar("_Kept")


class _Assembly:
    """Freezes what a program's walk has found."""

    def __init__(self, program: Program, root: str, kind: Literal["app", "component"]) -> None:
        self._program = program
        self._root = root
        self._kind = kind
        self._order = {
            id(m.source): at for at, m in enumerate([*program.modules.values(), *program.duplicates])
        }
        self._table = program.function_table
        self._graph = CallGraph(program.walker.drafts.values(), self._table.entries)

    def backend(self) -> Backend:
        """Give the backend."""
        walker, graph, table = self._program.walker, self._graph, self._table
        for body in walker.bodies.values():
            # the one thing about a body that is known only when all of them have been walked
            force_setattr(body, "kinds", graph.kinds_of(body))
        functions = tuple(function for function, _ in table.entries)
        handlers = {function: function.handler for function in functions}
        calls = [self._call(call, handlers) for call in walker.calls.values()]
        crons = tuple(freeze_crons(self._values(Crons), self._program, table.of_registered))
        routed = list(freeze_routers(self._values(Router), self._program, table.of_registered))
        return Backend(
            root=self._root,
            kind=self._kind,
            modules={path: module.fact for path, module in self._program.modules.items()},
            twins=tuple(module.fact for module in self._program.duplicates),
            schema=self._program.schema(),
            functions=functions,
            bodies=self._sorted(walker.bodies.values()),
            ctx_calls=self._sorted(calls),
            handovers=self._sorted(walker.handovers.values()),
            throws=self._sorted(walker.throws.values()),
            index_uses=self._sorted(walker.index_uses.values()),
            promises=self._sorted(self._promises()),
            references=self._sorted(self._program.reference_table.found.values()),
            direct_uses=self._sorted(self._direct_uses()),
            open_references=frozenset(self._program.reference_table.open),
            crons=crons,
            routers=tuple(router for router, _ in routed),
            routes=tuple(route for _, routes in routed for route in routes),
            app_definition=app_definition(self._program),
            component_uses=self._sorted(walker.component_uses.values()),
            unread=self._program.unread,
            _by_reference=table.by_reference,
            _reach=graph.reach,
            _reachable=graph.reachable,
            outside_calls=self._outside_calls(),
            module_writes=self._sorted(walker.module_writes.values()),
            fragment=self._program.fragment,
            links=self._links(
                [*((job.place, "crons") for job in crons), *((each.place, "http") for each, _ in routed)]
            ),
            entangled=frozenset(self._program.entangled),
        )

    def _sorted(self, items: Iterable[_Placed]) -> tuple[_Placed, ...]:
        return tuple(sorted(items, key=self._where))

    def _where(self, item: _Located) -> tuple[int, int, int]:
        place = item.place
        return (self._order.get(id(place.source), len(self._order)), place.start, place.end)

    def _call(self, call: CallDraft, handlers: Mapping[Function, Body | None]) -> CtxCall:
        api = call.api if call.operation != "passed" else "db.get"
        kinds: frozenset[Kind] = frozenset()
        for context in call.contexts:
            kinds |= self._graph.all.get(context.draft, frozenset()) & kinds_with(api)
            if context.sure:
                kinds |= self._graph.sure.get(context.draft, frozenset())
        target = call.reference.function if call.reference else None
        itself = target is not None and handlers.get(target) is call.contexts[0].draft.body
        return call.freeze(kinds, itself=itself)

    def _outside_calls(self) -> tuple[OutsideCall, ...]:
        walker = self._program.walker
        found = OutsideCalls(
            lambda context: (
                self._graph.certain.get(context.draft, frozenset()) if context.sure else frozenset()
            )
        )
        return self._sorted(found.freeze(list(walker.outside.values()), walker.plain))

    def _promises(self) -> Iterator[Promise]:
        seen: set[tuple[Place, str | None]] = set()
        for draft in self._program.walker.drafts.values():
            for promise in draft.promises:
                if promise.awaits is not None and not promise.awaits.works_with_ctx:
                    continue
                key = (promise.place, promise.through)
                if key not in seen:
                    seen.add(key)
                    yield Promise(
                        promise.callee, promise.api, promise.place, promise.body,
                        promise.fate or "used", promise.through, promise.in_async,
                    )  # fmt: skip

    def _direct_uses(self) -> Iterator[DirectUse]:
        for registered, use, place, body in self._program.walker.direct.values():
            function = self._table.of_registered.get(registered)
            if function is not None:
                yield DirectUse(function, use, place, body)

    def _links(self, decided: Iterable[tuple[Place, str]]) -> dict[str, frozenset[str]]:
        """Give the files that each file has to do with.

        `decided` has places of which another module says whether they are deployed, with that module's path.
        """
        links = {path: set(imported) for path, imported in self._program.links.items()}
        for place, path in decided:
            if path in self._program.modules:
                links.setdefault(place.source.path, set()).add(self._program.modules[path].source.path)
        for reference in self._program.reference_table.found.values():
            if reference.function is not None:
                links.setdefault(reference.place.source.path, set()).add(
                    reference.function.module.source.path
                )
        return {path: frozenset(others) for path, others in sorted(links.items())}

    # --- crons and routes ---

    def _values(self, kind: type[_Kept]) -> Iterator[_Kept]:
        """Give every value of a kind that a module's top level holds, each once."""
        seen: set[int] = set()
        for module in self._program.modules.values():
            for variable in module.scope.names.values():
                value = variable.get()
                if isinstance(value, kind) and id(value) not in seen:
                    seen.add(id(value))
                    yield value
