"""The schema: tables and indexes, wherever their parts are held (semantics §3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from biconvex.lint import syntax
from biconvex.lint.analysis.queries import constant
from biconvex.lint.analysis.validators import Validator, shape_of
from biconvex.lint.analysis.values import Method, Record, Sequence, Value
from biconvex.lint.model import Index, Place, Schema, Table, ValidatorShape
from msgspec.structs import replace

if TYPE_CHECKING:
    from biconvex.lint.analysis.values import CallSite

__all__ = ["SchemaDefinition", "TableDefinition", "define_schema", "define_table", "freeze_schema"]


class TableDefinition(Value):
    """What `defineTable(…)` gives, with its indexes so far; `complete` is false when some may be hidden."""

    place: Place
    document: ValidatorShape | None
    indexes: tuple[Index, ...] = ()
    complete: bool = True

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        if name == "validator":
            return Validator(self.document) if self.document else None
        if name == "table":
            return self
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        match name:
            case "index":
                return self._with(_database_index(site))
            case "searchIndex":
                return self._with(_other_index("search", "searchField", "search_field", site))
            case "vectorIndex":
                return self._with(_other_index("vector", "vectorField", "vector_field", site))
        return replace(self, complete=False)

    def _with(self, index: Index | None) -> TableDefinition:
        if index is None:
            return replace(self, complete=False)
        return replace(self, indexes=(*self.indexes, index))


class SchemaDefinition(Value):
    """What `defineSchema(…)` gives."""

    place: Place
    tables: Record | None
    validates: bool
    names_all: bool

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return self.tables if name == "tables" else None


def define_table(site: CallSite) -> TableDefinition:
    """Give what `defineTable(document)` defines."""
    place = Place(site.scope.module.source, site.node.start, site.node.end)
    shape = shape_of(site.argument(0), place)
    return TableDefinition(place, None if shape.kind == "unknown" else shape)


def define_schema(site: CallSite) -> SchemaDefinition:
    """Give what `defineSchema(tables, options)` defines."""
    tables = site.argument(0)
    given = site.argument(1) or site.keywords
    checks = names_all = True
    if isinstance(given, Record):
        checks = constant(given.first("schemaValidation", "schema_validation")) is not False
        names_all = constant(given.first("strictTableNameTypes")) is not False
    place = Place(site.scope.module.source, site.node.start, site.node.end)
    return SchemaDefinition(place, tables if isinstance(tables, Record) else None, checks, names_all)


def freeze_schema(definition: SchemaDefinition) -> Schema:
    """Give the schema as a fact; what is not a table in sight makes it incomplete."""
    given = definition.tables
    if given is None:
        return Schema(definition.place, {}, complete=False, validates=definition.validates)
    tables: dict[str, Table] = {}
    for name, value in given.fields.items():
        node = given.nodes.get(name)
        place = definition.place
        if isinstance(value, TableDefinition):
            indexes: dict[str, Index] = {}
            for index in value.indexes:
                indexes.setdefault(index.name, index)
            tables[name] = Table(name, value.place, value.document, indexes, value.complete, value.indexes)
        else:
            at = Place(place.source, node.start, node.end) if node and given.base is None else place
            tables[name] = Table(name, at, None, {}, complete=False)
    complete = given.complete and given.base is None and definition.names_all
    return Schema(definition.place, tables, complete, definition.validates)


# --- indexes -----------------------------------------------------------------------------------------------


def _strings(value: Value | None) -> tuple[str, ...] | None:
    """Give the strings of an array of literals; None when one is not literal."""
    if not isinstance(value, Sequence) or value.items is None:
        return None
    found = tuple(text for item in value.items if isinstance(text := constant(item), str))
    return found if len(found) == len(value.items) else None


def _database_index(site: CallSite) -> Index | None:
    """`index("by_x", ["x"])` or `index("by_x", {fields: ["x"], staged: true})`."""
    name = constant(site.argument(0))
    if not isinstance(name, str):
        return None
    given, node = site.argument(1, "fields"), site.argument_node(1, "fields")
    staged = False
    if isinstance(given, Record):
        config = given
        staged = constant(config.first("staged")) is True
        given, node = config.first("fields"), config.nodes.get("fields")
    fields = _strings(given)
    places = _element_places(site, node)
    return Index(
        name, "database", fields, _index_place(site), staged,
        definition=_definition(site), field_places=places, complete=fields is not None,
    )  # fmt: skip


def _other_index(
    kind: Literal["search", "vector"], field_name: str, python_name: str, site: CallSite
) -> Index | None:
    name = constant(site.argument(0))
    if not isinstance(name, str):
        return None
    given = site.argument(1)
    config = given if isinstance(given, Record) else site.keywords
    place, definition = _index_place(site), _definition(site)
    if config is None:
        return Index(name, kind, None, place, definition=definition, complete=False)
    searched = constant(config.first(field_name, python_name))
    dimensions = constant(config.first("dimensions"))
    filters = _strings(config.first("filterFields", "filter_fields"))
    listed = config.has("filterFields") is not False or config.has("filter_fields") is not False
    known = isinstance(searched, str) and (filters is not None or not listed)
    number = type(dimensions) in (int, float)
    nodes = (config.nodes.get(key) for key in (field_name, python_name))
    field = next((node for node in nodes if node is not None), None)
    own = (Place(place.source, field.start, field.end),) if field is not None else ()
    more = _element_places(site, config.nodes.get("filterFields") or config.nodes.get("filter_fields"))
    return Index(
        name=name,
        kind=kind,
        fields=(searched,) if isinstance(searched, str) else None,
        place=place,
        staged=constant(config.first("staged")) is True,
        filter_fields=filters or (),
        dimensions=dimensions if number else None,  # type: ignore[arg-type]
        definition=definition,
        field_places=(*own, *more),
        complete=known and (kind == "search" or number),
    )


def _index_place(site: CallSite) -> Place:
    node = site.argument_node(0) or site.node
    return Place(site.scope.module.source, node.start, node.end)


def _definition(site: CallSite) -> Place:
    """Give the place of `.index(…)`, from the end of what it is called on."""
    callee = site.node.callee
    start = callee.object.end if isinstance(callee, syntax.Member) else site.node.start
    return Place(site.scope.module.source, start, site.node.end)


def _element_places(site: CallSite, node: syntax.Node | None) -> tuple[Place, ...]:
    """Give the places of the elements of an array that is written out."""
    if not isinstance(node, syntax.Array):
        return ()
    source = site.scope.module.source
    return tuple(Place(source, element.start, element.end) for element in node.elements)
