"""Collecting facts: each call on a ctx, index use and function reference, once for each place in the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from biconvex.lint import syntax
from biconvex.lint.analysis.ctx import LIBRARY, Ctx
from biconvex.lint.analysis.data import Data, id_in, written_shape
from biconvex.lint.analysis.externals import call_external
from biconvex.lint.analysis.facts import CallContext, CallDraft, VectorDetails
from biconvex.lint.analysis.names import GENERATED_API, VALUES
from biconvex.lint.analysis.outside import PlainCall, dotted
from biconvex.lint.analysis.queries import Chain, QueryRecord, constant, vector_steps
from biconvex.lint.analysis.registration import Registered
from biconvex.lint.analysis.results import ResultDraft
from biconvex.lint.analysis.thrown import what_is_thrown
from biconvex.lint.analysis.values import Constant, External, Record, Sequence, Value
from biconvex.lint.analysis.walker import Walker
from biconvex.lint.model import ComponentUse, Handover, IndexUse, ModuleWrite, Place, Throw
from msgspec.structs import replace

if TYPE_CHECKING:
    from biconvex.lint.analysis.data import Documents
    from biconvex.lint.analysis.program import Program
    from biconvex.lint.analysis.promises import Draft
    from biconvex.lint.analysis.scopes import Scope
    from biconvex.lint.analysis.values import CallSite, Closure
    from biconvex.lint.model import Body, DatabaseOperation, FunctionReference, QueryChain

__all__ = ["Collector"]

_WRITES_WITH_VALUE = frozenset({"patch", "replace"})


class Collector(Walker):
    """Notes what the walk meets."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = program
        self.calls: dict[int, CallDraft] = {}
        self.queries: dict[int, QueryRecord] = {}
        self.index_uses: dict[tuple[int, str | None, str | None], IndexUse] = {}
        self.handovers: dict[int, Handover] = {}
        self.component_uses: dict[Place, ComponentUse] = {}
        self.throws: dict[int, Throw] = {}
        self.outside: dict[int, tuple[str, syntax.Call, Scope, list[CallContext]]] = {}
        self.plain: list[PlainCall] = []
        self.module_writes: dict[int, ModuleWrite] = {}
        self.direct: dict[int, tuple[Registered, str, Place, Body]] = {}

    def context(self, *, exact: bool) -> CallContext | None:
        """Say where the walk stands; None where nothing becomes a fact."""
        frame = self.frame
        if frame is None or frame.draft is None:
            return None
        frame.draft.active = True
        sure = exact and frame.narrowed == 0
        return CallContext(frame.draft, frame.loops, frame.leaves, frame.conditional > 0, sure)

    # --- calls on a ctx ---

    def ctx_call(self, api: str, ctx: Ctx, site: CallSite) -> Value | None:
        """Note a call on a ctx; gives its value where it is not a promise."""
        context = self.context(exact=ctx.exact)
        if context is None:
            return None
        if api == "db.query":
            return self._query(ctx, site, context)
        node = site.node
        call = CallDraft(api, self._place(node, site.scope), [context], tuple(node.arguments))
        if api.startswith("db.") and api != "db.vectorSearch":
            self._point(call, ctx, site)
        elif api in {"runQuery", "runMutation", "runAction"}:
            call.reference = self.reference(site, 0)
            call.args = site.argument_node(1)
            self._passed(api, site, 0)
        elif api == "vectorSearch":
            call.vector = self._vector_search(call.place, site)
        elif api in {"scheduler.runAfter", "scheduler.runAt"}:
            delay = constant(site.argument(0))
            if api == "scheduler.runAfter" and type(delay) in (int, float):
                call.delay_ms = float(cast("float", delay))
            call.reference = self.reference(site, 1)
            call.args = site.argument_node(2)
            self._passed(api, site, 1)
        self._note(node, call)
        return self._point_result(call)

    def _point_result(self, call: CallDraft) -> Value | None:
        """Give what is known of the value that a point operation gives, or will give."""
        table = call.table or (call.id.table if call.id is not None else None)
        if table is None or call.system:
            return None
        if call.operation == "get":
            return self.documents.document(table, call.place)
        return self.documents.id(table, call.place) if call.operation in {"insert", "normalizeId"} else None

    def _vector_search(self, place: Place, site: CallSite) -> VectorDetails:
        """Read `ctx.vectorSearch("table", "index", {vector, limit, filter})`."""
        given = site.argument(2)
        config = given if isinstance(given, Record) else Record({}, complete=False)
        table, name = constant(site.argument(0)), constant(site.argument(1))
        node = site.argument_node(1)
        use = IndexUse(
            table=table if isinstance(table, str) else None,
            name=name if isinstance(name, str) else None,
            kind="vector",
            ranges=vector_steps(config.first("filter"), site) if config.has("filter") is not None else None,
            place=place,
            name_place=Place(place.source, node.start, node.end) if node else place,
            body=self.current_body,
        )
        self.index_use(site.node, use)
        limit, vector = constant(config.first("limit")), config.first("vector")
        written = isinstance(vector, Sequence) and vector.items is not None
        return VectorDetails(
            use,
            limit if type(limit) in (int, float) else None,  # type: ignore[arg-type]
            len(vector.items) if written else None,  # type: ignore[union-attr]
        )

    def _note(self, node: syntax.Node, call: CallDraft) -> None:
        """Keep a call, or what it adds to the same call met on another way."""
        known = self.calls.setdefault(id(node), call)
        if known is not call:
            known.contexts += call.contexts
            # walked once more, for another ctx: what differs isn't known
            if (known.id and (known.id.kind, known.id.table)) != (call.id and (call.id.kind, call.id.table)):
                known.id = None

    def _query(self, ctx: Ctx, site: CallSite, context: CallContext) -> Chain:
        table = constant(site.argument(0))
        record = self.queries.get(id(site.node))
        if record is None:
            record = QueryRecord(
                site.node,
                self._place(site.node, site.scope),
                context,
                table if isinstance(table, str) else None,
                "system" in ctx.path,
                LIBRARY in ctx.path,
            )
            self.queries[id(site.node)] = record
        return Chain(record)

    def _point(self, call: CallDraft, ctx: Ctx, site: CallSite) -> None:
        """Fill in a point operation: which table, and whether the call names it."""
        operation = call.api.removeprefix("db.")
        call.operation = cast("DatabaseOperation", operation)
        call.system = "system" in ctx.path
        needed = 3 if operation in _WRITES_WITH_VALUE else 2
        call.explicit_table = operation in {"insert", "normalizeId"} or (
            site.complete and len(site.arguments) >= needed
        )
        if call.explicit_table:
            table = constant(site.argument(0))
            call.table = table if isinstance(table, str) else None
        if not site.complete or not ctx.exact or LIBRARY in ctx.path:
            return
        if operation not in {"insert", "normalizeId"}:
            call.id = id_in(site.argument(call.explicit_table))
        if operation in {"insert", "patch", "replace"}:
            position = needed - 1 if call.explicit_table else needed - 2
            call.written = written_shape(site.argument(position), call.place)

    def query_use(
        self, site: CallSite, record: QueryRecord, chain: QueryChain
    ) -> tuple[Draft | None, ResultDraft | None]:
        """Note a query that was run; gives its promise, and what is known of its results."""
        call = self._ran(site.node, site.scope, record, chain)
        return self.promise(site.node, site.scope, api="db.query"), call.result if call else None

    def _ran(
        self, node: syntax.Node, scope: Scope, record: QueryRecord, chain: QueryChain
    ) -> CallDraft | None:
        context = self.context(exact=record.context.sure)
        if context is None:
            return None
        call = self.calls.get(id(node))
        if call is None:
            arguments = tuple(node.arguments) if isinstance(node, syntax.Call) else ()
            call = CallDraft("db.query", self._place(node, scope), [], arguments, "query")
            call.table, call.system = chain.table, chain.system
            if chain.terminal in {"collect", "take"}:
                call.result = ResultDraft(context.draft)
            self.calls[id(node)] = call
        call.contexts.append(context)
        if not any(_same(known, chain) for known in call.chains):
            call.chains.append(chain)
        return call

    def iterate(self, chain: Chain, node: syntax.Loop, scope: Scope) -> Sequence:
        """Note that an async loop runs a query."""
        chain.record.finished = True
        frozen = chain.freeze("iterate", None)
        if node.iterable is not None:
            self._ran(node.iterable, scope, chain.record, frozen)
        known = not chain.record.library and not chain.record.system
        element = self.documents.document(chain.record.table, chain.record.place) if known else None
        return Sequence(None, frozen, element=element)

    def index_use(self, node: syntax.Node, use: IndexUse) -> None:
        """Note a use of an index."""
        if self.frame is not None and self.frame.draft is not None:
            self.index_uses.setdefault((id(node), use.table, use.name), use)

    def unfinished_queries(self) -> None:
        """Note the queries that left our sight without a terminal."""
        for record in self.queries.values():
            if not record.finished:
                chain = (record.last or Chain(record)).freeze(None, None)
                call = CallDraft("db.query", record.place, [record.context], (), "query")
                call.table, call.system = record.table, record.system
                call.chains.append(chain)
                self._note(record.node, call)

    def pass_on(self, site: CallSite) -> None:
        """Note that a ctx, or a part of one, is handed to something out of sight."""
        for value in site.arguments:
            if value is not None and value.shape() is not None and self.current_body is not None:
                called = site.node.callee
                text = " ".join(site.scope.module.source.text(called.start, called.end).split())
                place = self._place(site.node, site.scope)
                self.handovers.setdefault(id(site.node), Handover(text, place, self.current_body))
            if isinstance(value, Ctx) and value.path == ("db",):
                context = self.context(exact=value.exact)
                if context is not None:
                    at = site.arguments.index(value)
                    node = site.node.arguments[at]
                    call = CallDraft("db", self._place(node, site.scope), [context], (), "passed")
                    self._note(node, call)

    def call_external(self, external: External, site: CallSite) -> Value | None:
        """Call something of a package, of generated code, or a global."""
        if external.source not in {VALUES, GENERATED_API} and self.frame is not None:
            self._outside(external, site)
        return call_external(external, site)

    def _outside(self, external: External, site: CallSite) -> None:
        context = self._standing(site.node)
        if context is not None:
            known = self.outside.setdefault(id(site.node), (dotted(external), site.node, site.scope, []))
            known[3].append(context)

    def plain_call(self, closure: Closure, node: syntax.Node, scope: Scope) -> None:
        """Note a call of a function that gets no ctx."""
        context = self._standing(node)
        if context is not None and closure.scope.body is None:
            self.plain.append(PlainCall(context, closure, self._place(node, scope)))

    def _standing(self, node: syntax.Node) -> CallContext | None:
        """Say where the walk stands, for what makes no body of a function.

        None for the default of a parameter: the caller may have given it.
        """
        frame = self.frame
        if frame is None or frame.draft is None:
            return None
        function = frame.draft.closure.node
        if function.parameters and function.body and function.start <= node.start < function.body[0].start:
            return None
        sure = frame.narrowed == 0 and frame.deferred == 0 and not frame.draft.deferred
        return CallContext(frame.draft, frame.loops, frame.leaves, frame.conditional > 0, sure)

    def module_write(self, target: syntax.Node, operation: str, node: syntax.Node, scope: Scope) -> None:
        """Note that something may change what a variable at the top of a module holds."""
        body = self.current_body
        while type(target) is syntax.Member or type(target) is syntax.Index:
            target = target.object
        if body is None or type(target) is not syntax.Name:
            return
        variable = scope.find(target.id)
        if variable is not None and variable.scope.parent is None:
            place = self._place(node, scope)
            self.module_writes.setdefault(id(node), ModuleWrite(target.id, operation, place, body))

    def thrown(self, node: syntax.Throw, scope: Scope) -> None:
        """Note what is thrown."""
        if self.current_body is not None and node.value is not None:
            sort, name = what_is_thrown(node.value, scope)
            place = self._place(node, scope)
            self.throws.setdefault(id(node), Throw(sort, name, place, self.current_body, node.value))

    def cast(self, node: syntax.Cast, value: Value | None, scope: Scope) -> Value | None:
        """Give a value that somebody says is of another type: an id or a document, if that is what it names."""
        if value is not None and type(value) is not Data:
            return value
        named = self.documents.named(node.type, self._place(node, scope))
        if isinstance(named, Data) and named.known.kind == "id" and isinstance(value, Data):
            return Data(replace(named.known, members=(value.known,)))
        return named or value

    @property
    def documents(self) -> Documents:
        """The documents of the backend's tables."""
        return self.program.documents

    # --- references and imports ---

    def called_directly(self, registered: Registered, site: CallSite) -> None:
        """Note that a registered function is called as if it were a plain one."""
        self._direct(registered, "called", site.node, site.scope)

    def _passed(self, api: str, site: CallSite, position: int) -> None:
        """Note a registered function that is passed where its reference should be."""
        value, node = site.argument(position), site.argument_node(position)
        if isinstance(value, Registered) and node is not None:
            self._direct(value, api, node, site.scope)

    def _direct(self, registered: Registered, use: str, node: syntax.Node, scope: Scope) -> None:
        if self.current_body is not None:
            self.direct.setdefault(id(node), (registered, use, self._place(node, scope), self.current_body))

    def reference(self, site: CallSite, position: int) -> FunctionReference | None:
        """Give the function reference that an argument is."""
        value, node = site.argument(position), site.argument_node(position)
        if node is None:
            return None
        if isinstance(value, External) and value.source == GENERATED_API and len(value.path) > 2:
            return self.program.reference(value.path, node, site.scope)
        if isinstance(value, Constant) and isinstance(value.value, str):
            return self.program.named(value.value, node, site.scope)
        return None

    def note_reference(self, external: External, node: syntax.Node, scope: Scope) -> None:
        """Note a function reference that is written in the source, or a part of the API that goes out of sight."""
        if external.path[0] == "components" and len(external.path) > 1:
            use = ComponentUse(external.path[1], self._place(node, scope))
            self.component_uses.setdefault(use.place, use)
        self.program.note_reference(external.path, node, scope)

    def import_value(self, source: str, scope: Scope) -> Value | None:
        """Give the module that `import("source")` or `require("source")` gives."""
        return self.program.imported(source, "*", scope.module)

    def _place(self, node: syntax.Node, scope: Scope) -> Place:
        return Place(scope.module.source, node.start, node.end)


def _same(one: QueryChain, other: QueryChain) -> bool:
    return (
        one.place == other.place
        and one.terminal == other.terminal
        and one.index is other.index
        and [each.place for each in one.filters] == [each.place for each in other.filters]
    )
