"""From parsed files to the backend model."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Protocol, TypeVar

from biconvex.lint.analysis.ctx import kinds_with
from biconvex.lint.analysis.entries import module_path
from biconvex.lint.analysis.graph import CallGraph
from biconvex.lint.analysis.names import GENERATED_API
from biconvex.lint.analysis.program import Program
from biconvex.lint.analysis.queries import constant
from biconvex.lint.analysis.registration import Registered
from biconvex.lint.analysis.services import Crons, Router, period_ms
from biconvex.lint.analysis.values import Constant, External
from biconvex.lint.model import Backend, CronJob, CtxCall, Place, Promise, Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Literal

    from biconvex.lint.aliases import Aliases
    from biconvex.lint.analysis.facts import CallDraft
    from biconvex.lint.analysis.values import CallSite
    from biconvex.lint.model import Body, Function, FunctionReference, Kind
    from biconvex.lint.parsed import ParsedFile
    from biconvex.lint.project import BackendFolder

__all__ = ["assemble", "build"]


def build(folder: BackendFolder, files: Sequence[ParsedFile]) -> Backend:
    """Analyse the files of a functions folder as one backend.

    The files' paths and `folder.shown` are relative to the same directory. Files that lie outside the folder
    take part as helpers.
    """
    placed = [(posixpath.relpath(parsed.source.path, folder.shown), parsed) for parsed in files]
    read = {path for path, _ in placed}
    there = (path.relative_to(folder.root).as_posix() for path in folder.files)
    unread = frozenset(module_path(path) for path in there if path not in read)
    return assemble(placed, folder.shown, folder.kind, folder.aliases, unread)


def assemble(
    files: Sequence[tuple[str, ParsedFile]],
    root: str,
    kind: Literal["app", "component"],
    aliases: Aliases = (),
    unread: frozenset[str] = frozenset(),
) -> Backend:
    *,
    fragment: bool = False,
    """Analyse files, given with their paths below the functions folder, as one backend.

    `unread` has the paths of modules that there are but that could not be read. Of a `fragment` only a part is
    in sight: what it doesn't show is unknown, not missing.
    """
    program = Program(sorted(files, key=lambda item: item[0]), root, aliases, unread, fragment=fragment)
    program.run()
    return _Assembly(program, root, kind).backend()


class _Located(Protocol):
    @property
    def place(self) -> Place: ...


_Placed = TypeVar("_Placed", bound=_Located)


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
            object.__setattr__(body, "kinds", graph.kinds_of(body))
        functions = tuple(function for function, _ in table.entries)
        handlers = {function: function.handler for function in functions}
        calls = [self._call(call, handlers) for call in walker.calls.values()]
        crons = tuple(self._crons())
        return Backend(
            root=self._root,
            kind=self._kind,
            modules={path: module.fact for path, module in self._program.modules.items()},
            schema=self._program.schema(),
            functions=functions,
            bodies=self._sorted(walker.bodies.values()),
            ctx_calls=self._sorted(calls),
            index_uses=self._sorted(walker.index_uses.values()),
            promises=self._sorted(self._promises()),
            references=self._sorted(self._program.reference_table.found.values()),
            crons=crons,
            routes=tuple(self._routes()),
            _by_reference=table.by_reference,
            _reach=graph.reach,
            _reachable=graph.reachable,
        )

    def _sorted(self, items: Iterable[_Placed]) -> tuple[_Placed, ...]:
        return tuple(sorted(items, key=self._where))

    def _where(self, item: _Located) -> tuple[int, int, int]:
        place = item.place
        return (self._order.get(id(place.source), len(self._order)), place.start, place.end)
            fragment=self._program.fragment,

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

    # --- crons and routes ---

    def _values(self, kind: type) -> Iterator[object]:
        """Give every value of a kind that a module's top level holds, each once."""
        seen: set[int] = set()
        for module in self._program.modules.values():
            for variable in module.scope.names.values():
                value = variable.get()
                if isinstance(value, kind) and id(value) not in seen:
                    seen.add(id(value))
                    yield value

    def _crons(self) -> Iterator[CronJob]:
        for crons in self._values(Crons):
            assert isinstance(crons, Crons)
            for method, site in crons.jobs:
                yield self._cron(method, site)

    def _cron(self, method: str, site: CallSite) -> CronJob:
        identifier, schedule = constant(site.argument(0)), site.argument(1)
        expression = constant(schedule) if method == "cron" else None
        return CronJob(
            identifier=identifier if isinstance(identifier, str) else None,
            method=method,
            place=Place(site.scope.module.source, site.node.start, site.node.end),
            period_ms=period_ms(schedule) if method == "interval" else None,
            expression=expression if isinstance(expression, str) else None,
            schedule=site.argument_node(1),
            reference=self._reference(site, 2),
            arguments=site.argument_node(3),
        )

    def _reference(self, site: CallSite, position: int) -> FunctionReference | None:
        value, node = site.argument(position), site.argument_node(position)
        if node is None:
            return None
        if isinstance(value, External) and value.source == GENERATED_API and len(value.path) > 2:
            return self._program.reference(value.path, node, site.scope)
        if isinstance(value, Constant) and isinstance(value.value, str):
            return self._program.named(value.value, node, site.scope)
        return None

    def _routes(self) -> Iterator[Route]:
        for router in self._values(Router):
            assert isinstance(router, Router)
            for site, config in router.routes:
                handler = config.member("handler") if config else None
                texts = [
                    constant(config.first(*names)) if config else None
                    for names in (("path",), ("pathPrefix", "path_prefix"), ("method",))
                ]
                path, prefix, method = (text if isinstance(text, str) else None for text in texts)
                function = self._table.of_registered.get(handler) if isinstance(handler, Registered) else None
                place = Place(site.scope.module.source, site.node.start, site.node.end)
                yield Route(place, path, prefix, method, function)
