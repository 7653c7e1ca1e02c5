"""What the official ESLint plugin calls the rules that we have too, so that its suppressions hold here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EQUIVALENTS", "ESLINT_PLUGIN"]

ESLINT_PLUGIN = "@convex-dev/eslint-plugin 5.0.0"
"""The version of the plugin that the table was made from."""

EQUIVALENTS: Mapping[str, tuple[str, ...]] = {
    "@convex-dev/explicit-table-ids": ("implicit-table",),
    "@convex-dev/import-wrong-runtime": ("node-module-in-default-runtime",),
    "@convex-dev/no-collect-in-query": (
        "unbounded-collect",
        "collect-to-count",
        "index-without-range",
        "needless-collect",
    ),
    "@convex-dev/no-duplicate-indexes": ("redundant-index",),
    "@convex-dev/no-filter-in-query": ("query-filter",),
    "@convex-dev/no-old-registered-function-syntax": ("missing-argument-validators",),
    "@convex-dev/no-process-env": ("untyped-environment",),
    "@convex-dev/no-schema-import-cycle": ("schema-import-cycle",),
    "@convex-dev/no-top-of-hour-crons": ("top-of-hour-cron",),
    "@convex-dev/require-access-control": ("unauthenticated-function", "unguarded-function"),
    "@convex-dev/require-args-validator": ("missing-argument-validators",),
    "@convex-dev/require-argument-validators": ("missing-argument-validators",),
    "@typescript-eslint/no-floating-promises": ("floating-promise",),
}
"""Our rules that say what a rule of ESLint says, by the name that it has in a comment."""
