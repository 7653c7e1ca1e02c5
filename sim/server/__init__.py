"""What a backend written in Python imports: Convex's server API in snake_case.

from biconvex.sim.server import mutation, query, internal
from biconvex.sim.values import v

@mutation(args={"title": v.string()}, returns=v.id("tasks"))
async def create(ctx, args):
    return await ctx.db.insert("tasks", {**args, "done": False})
"""

from biconvex.sim.server.console import Console, console
from biconvex.sim.server.contexts import ActionCtx, MutationCtx, QueryCtx
from biconvex.sim.server.crons import Crons, cron_jobs
from biconvex.sim.server.database import DatabaseReader, DatabaseWriter
from biconvex.sim.server.handles import create_function_handle
from biconvex.sim.server.http import HttpRouter, http_router
from biconvex.sim.server.outside import fetch, now_ms
from biconvex.sim.server.pagination import pagination_opts_validator, pagination_result_validator
from biconvex.sim.server.query import Query, TableQuery
from biconvex.sim.server.references import FunctionReference, api, components, internal
from biconvex.sim.server.registration import (
    Registration,
    action,
    http_action,
    internal_action,
    internal_mutation,
    internal_query,
    mutation,
    query,
)
from biconvex.sim.server.schema import SchemaDefinition, TableDefinition, define_schema, define_table
from biconvex.sim.server.storage import Blob
from biconvex.sim.server.web import Headers, Request, Response

__all__ = [
    "ActionCtx",
    "Blob",
    "Console",
    "Crons",
    "DatabaseReader",
    "DatabaseWriter",
    "FunctionReference",
    "Headers",
    "HttpRouter",
    "MutationCtx",
    "Query",
    "QueryCtx",
    "Registration",
    "Request",
    "Response",
    "SchemaDefinition",
    "TableDefinition",
    "TableQuery",
    "action",
    "api",
    "components",
    "console",
    "create_function_handle",
    "cron_jobs",
    "define_schema",
    "define_table",
    "fetch",
    "http_action",
    "http_router",
    "internal",
    "internal_action",
    "internal_mutation",
    "internal_query",
    "mutation",
    "now_ms",
    "pagination_opts_validator",
    "pagination_result_validator",
    "query",
]
