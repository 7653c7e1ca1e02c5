"""Convex's names in Python code: from the snake_case that Python writes to the camelCase of the API.

Only what can be nothing but the API is renamed; documents, arguments and the user's own functions keep their names:

* A name imported from `biconvex.sim` is imported under Convex's name, and the local name stays:
  `from biconvex.sim.server import internal_query` imports `internalQuery` as `internal_query`.
* A member is renamed if it is called, or belongs to `ctx`, `db`, `scheduler`, `storage` or `auth`, and Convex has a
  member of that name; but not where it is reached by names alone from the root of function references (`internal`,
  `api`, `components`), from `self` or `cls`, or from something imported from elsewhere (`helpers.run_after(ctx)`).
* The keyword arguments of the few API calls that take any: `search_field` is `searchField` in
  `table.search_index(…)`, and nowhere else.
"""

from __future__ import annotations

from biconvex.lint.syntax import Import, Member, Name, Node, Object, Property

__all__ = ["ApiNames"]

_SPELLED = (
    "create_function_handle", "cron_jobs", "define_app", "define_component", "define_schema",
    "define_table", "full_table_scan", "generate_upload_url", "get_function_address", "get_function_name",
    "get_metadata", "get_url", "get_user_identity", "http_action", "http_router", "internal_action",
    "internal_mutation", "internal_query", "make_function_reference", "normalize_id",
    "pagination_opts_validator", "pagination_result_validator", "run_action", "run_after", "run_at",
    "run_mutation", "run_query", "search_index", "vector_index", "vector_search", "with_index",
    "with_search_index",
)  # fmt: skip
_NAMES = {
    name: first + "".join(map(str.capitalize, rest))
    for name in _SPELLED
    for first, *rest in [name.split("_")]
} | {"and_": "and", "not_": "not", "or_": "or"}

_KEYWORDS = {
    "defineSchema": {"schema_validation": "schemaValidation"},
    "define_schema": {"schema_validation": "schemaValidation"},
    "route": {"path_prefix": "pathPrefix"},
    "searchIndex": {"filter_fields": "filterFields", "search_field": "searchField"},
    "vectorIndex": {"filter_fields": "filterFields", "vector_field": "vectorField"},
}

_OWNERS = frozenset({"ctx", "db", "scheduler", "storage", "auth"})


class ApiNames:
    """What one file's names say about whose a member is; `imported` is told of each import as it is read."""

    def __init__(self) -> None:
        self._foreign = {"api", "internal", "components", "self", "cls"}

    def imported(self, node: Import) -> None:
        """Take in an import: rename what it imports from Convex, remember what comes from elsewhere."""
        ours = node.source == "biconvex.sim" or node.source.startswith("biconvex.sim.")
        for name in node.names:
            if not ours or name.imported in {"api", "internal", "components"}:
                self._foreign.add(name.local)
            else:
                name.imported = _NAMES.get(name.imported, name.imported)

    def member(self, node: Member, called: bool) -> None:
        """Rename a member if it is one of Convex's."""
        name = _NAMES.get(node.name)
        if name is None:
            return
        owner = node.object
        last = owner.id if type(owner) is Name else owner.name if type(owner) is Member else None
        if not called and last not in _OWNERS:
            return
        while type(owner) is Member:
            owner = owner.object
        if not (type(owner) is Name and owner.id in self._foreign):
            node.name = name

    def keywords(self, callee: Node, given: Object) -> None:
        """Rename the keyword arguments of a call."""
        name = callee.name if type(callee) is Member else callee.id if type(callee) is Name else ""
        names = _KEYWORDS.get(name)
        if names:
            for item in given.properties:
                if type(item) is Property and item.key is not None:
                    item.key = names.get(item.key, item.key)
