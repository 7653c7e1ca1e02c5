"""What a backend declares: its files, schema, validators, functions, references, crons and routes.

Part of the backend model; rules import these names from `biconvex.lint.model`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint import syntax
    from biconvex.lint.source import SourceFile

__all__ = [
    "AppDefinition", "Body", "ComponentUse", "CronJob", "CronPart", "Declaration", "Function",
    "FunctionReference", "Index", "InstalledComponent", "Kind", "Module", "ModuleImport", "Place", "Route",
    "Router", "Schema", "Table", "ValidatorShape", "Visibility",
]  # fmt: skip

Kind = Literal["query", "mutation", "action", "httpAction"]
Visibility = Literal["public", "internal"]


class Place(msgspec.Struct, frozen=True):
    """A stretch of a file: byte offsets, `end` exclusive."""

    source: SourceFile
    start: int
    end: int

    def __hash__(self) -> int:
        return hash((self.source.path, self.start, self.end))

    @property
    def text(self) -> str:
        """The source text here."""
        return self.source.text(self.start, self.end)

    @property
    def line(self) -> int:
        """The 1-based line on which it begins."""
        return self.source.position(self.start).line


class ValidatorShape(msgspec.Struct, frozen=True, eq=False):
    """A validator, as far as it is known.

    `kind` is the builder's kind (`string`, `float64`, `int64`, `boolean`, `null`, `bytes`, `any`, `id`,
    `literal`, `array`, `object`, `record`, `union`) or `unknown`. `table` belongs to `id`, `value` to
    `literal`, `fields` to `object` (with `complete` false when a part such as a spread is not known),
    `members` to `union`, `array` (one),
    `record` (key, value), and an `id` that a cast makes of what has another validator (that). `v.optional(x)` is
    `x` with `optional` true. `builder` is the name of the builder, such as `string`, where it is called; of
    `v.optional(x)` that of `x`.
    """

    kind: str
    place: Place
    optional: bool = False
    table: str | None = None
    value: str | int | float | bool | None = None
    fields: Mapping[str, ValidatorShape] = msgspec.field(default_factory=dict)
    members: tuple[ValidatorShape, ...] = ()
    complete: bool = True
    builder: Place | None = None


class Declaration(msgspec.Struct, frozen=True, eq=False):
    """Whether a function declares a validator (`args`, `returns`).

    `unknown`: it may, through a spread, an object that is not in sight, or a builder that adds its own.
    """

    status: Literal["present", "absent", "unknown"]
    place: Place | None = None
    shape: ValidatorShape | None = None


class ModuleImport(msgspec.Struct, frozen=True, eq=False):
    """An import of a module, a re-export, or an `import()` or `require` at its top level.

    `source` is as written (a Python module with dots for slashes before it), `target` the module path of the
    file that it means, None for a package or what is out of sight. `type_only` leaves no trace at run time.
    `names` has (imported, local) for each name that is not a type only; `default` and `*` as in the syntax.
    """

    source: str
    target: str | None
    place: Place
    type_only: bool
    names: tuple[tuple[str, str], ...] = ()


class Module(msgspec.Struct, frozen=True, eq=False):
    """One file of a backend.

    `path` is the module path (`folder/file`); `is_entry` says whether its exports are deployed as functions
    (semantics §14); `imports` are in order; `exports` maps each exported name to its place,
    `exports_complete` is false after an `export *` from something out of sight.
    """

    path: str
    source: SourceFile
    syntax: syntax.Module
    runtime: Literal["default", "node"]
    is_entry: bool
    exports: Mapping[str, Place]
    exports_complete: bool = True
    imports: tuple[ModuleImport, ...] = ()


class Index(msgspec.Struct, frozen=True, eq=False):
    """An index of a table. `fields` are the indexed fields in order; None when they are not literal.

    Of a search or vector index `fields` has the one searched field, and `filter_fields` the others. `place` is
    the name, `definition` the whole `.index(…)`, from the end of what it is called on; `field_places` has the
    places of `fields` and then of `filter_fields` where they are written out. `complete` is false when a part
    is not literal.
    """

    name: str
    kind: Literal["database", "search", "vector"]
    fields: tuple[str, ...] | None
    place: Place
    staged: bool = False
    filter_fields: tuple[str, ...] = ()
    dimensions: float | None = None
    definition: Place | None = None
    field_places: tuple[Place, ...] = ()
    complete: bool = True


class Table(msgspec.Struct, frozen=True, eq=False):
    """A table of the schema. `complete` is false when some of its indexes may be out of sight.

    `definitions` has the indexes in the order in which they are written; two may have the same name.
    """

    name: str
    place: Place
    document: ValidatorShape | None
    indexes: Mapping[str, Index]
    complete: bool = True
    definitions: tuple[Index, ...] = ()


class Schema(msgspec.Struct, frozen=True, eq=False):
    """The schema: `tables` has what is known of it.

    `complete` is false when it may have tables that are out of sight, or says that there are others
    (`strictTableNameTypes: false`): then an unknown table name proves nothing.
    """

    place: Place
    tables: Mapping[str, Table]
    complete: bool
    validates: bool = True


class Body(msgspec.Struct, frozen=True, eq=False):
    """A function in the source that works with a ctx: a handler, a helper, or a function within one.

    A parameter is a ctx when a call hands one on, by its type, or, in a function that nobody in sight calls, when it
    is the first and called `ctx`.

    `parameters` are the names of the parameters that carry a ctx or a part of one. `declared` has the kinds
    its annotations promise (`MutationCtx` is `mutation`), empty if there are none. `kinds` has every kind of
    registered function that reaches it through calls.
    """

    name: str
    place: Place
    module: Module
    syntax: syntax.Function
    parameters: tuple[str, ...]
    declared: frozenset[Kind]
    kinds: frozenset[Kind]


class Function(msgspec.Struct, frozen=True, eq=False):
    """A registered function.

    `reference` is its canonical name (`folder/file:name`), None when it is not exported or stands in a file
    that is not deployed. `place` is its name, or the callee if it has none; `registration` the whole call (a
    decorator in Python), `builder` the callee. `handler` is None when the handler is not in sight. `custom`
    is true for a builder that is not Convex's own, `opaque` for one that may run code that is not in sight.
    `object_syntax` is false for `query(fn)`. `uses_arguments` is true when the handler has a second parameter,
    None when unknown.
    """

    reference: str | None
    name: str | None
    kind: Kind
    visibility: Visibility
    module: Module
    place: Place
    registration: Place
    builder: Place
    handler: Body | None
    args: Declaration
    returns: Declaration
    exported: bool
    custom: bool
    object_syntax: bool
    uses_arguments: bool | None
    opaque: bool = False


class FunctionReference(msgspec.Struct, frozen=True, eq=False):
    """`api.a.b`, `internal.a.b`, `components.c.a.b`, `"a:b"`.

    `status` is `missing` only when it is certain that the backend has no such function; `unknown` for
    components and for what a wrapper may add.
    """

    root: Literal["api", "internal", "components", "string"]
    path: tuple[str, ...]
    place: Place
    status: Literal["found", "missing", "unknown"]
    function: Function | None = None

    @property
    def name(self) -> str:
        """As it is written: `internal.tasks.remind`."""
        return self.path[0] if self.root == "string" else ".".join((self.root, *self.path))


class CronPart(msgspec.Struct, frozen=True):
    """One part of a cron job's schedule, such as `hourUTC`: its constant value, unless it is not `known`."""

    place: Place
    known: bool
    value: str | int | float | bool | None


class CronJob(msgspec.Struct, frozen=True, eq=False):
    """A cron job. `period_ms` is the constant period of an `interval`; `expression` that of a `cron`.

    It is defined in `module`; `deployed` says whether Convex runs it: its `cronJobs()` is the default export of
    the module `crons` (in Python, a name there), None when what that exports is not known. `parts` has what the
    schedule of the other methods says, None when some of it is out of sight. `direct` is a registered function
    that stands in the place of a reference.
    """

    identifier: str | None
    method: str
    place: Place
    period_ms: float | None
    expression: str | None
    schedule: syntax.Node | None
    reference: FunctionReference | None
    arguments: syntax.Node | None
    module: Module
    deployed: bool | None
    identifier_place: Place | None
    schedule_place: Place | None
    parts: Mapping[str, CronPart] | None
    direct: Function | None = None


class Router(msgspec.Struct, frozen=True, eq=False):
    """An `httpRouter()`. `place` is the call, in `module`.

    `deployed` says whether Convex serves its routes: it is the default export of the module `http` (in Python,
    a name there); None when what that exports is not known.
    """

    place: Place
    module: Module
    deployed: bool | None


class Route(msgspec.Struct, frozen=True, eq=False):
    """An HTTP route: `path` or `prefix` and `method` as far as they are literal.

    `parts` has the places of what the route gives, by Convex's names (`path`, `pathPrefix`, `method`,
    `handler`); with `complete` there is nothing else. `handler` is the registered function, whatever its kind;
    `plain_handler` is true when the handler is certainly no registered function.
    """

    place: Place
    path: str | None
    prefix: str | None
    method: str | None
    handler: Function | None
    router: Router
    parts: Mapping[str, Place]
    complete: bool
    plain_handler: bool


class InstalledComponent(msgspec.Struct, frozen=True, eq=False):
    """`app.use(component)`.

    `name` is the component's name if that is written in sight; `source` the module that the component comes
    from, as it is imported, and `local` what it is called here, where those are known.
    """

    place: Place
    name: str | None
    source: str | None
    local: str | None


class AppDefinition(msgspec.Struct, frozen=True, eq=False):
    """What `convex.config.ts` defines. `complete` is false when it may install more components."""

    place: Place
    installed: tuple[InstalledComponent, ...]
    complete: bool


class ComponentUse(msgspec.Struct, frozen=True, eq=False):
    """`components.name`, or what it leads to, as it is written."""

    name: str
    place: Place
