"""The validators of pages that Convex exports: the same in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError

PAGES = {
    "typescript": """
        import { paginationOptsValidator, paginationResultValidator } from "convex/server";

        export const list = query({
          args: { paginationOpts: paginationOptsValidator },
          returns: paginationResultValidator(v.object({ _id: v.id("tasks"), _creationTime: v.number() })),
          handler: async (ctx, args) => await ctx.db.query("tasks").paginate(args.paginationOpts),
        });
        """,
    "python": """
        @query(
            args={"paginationOpts": pagination_opts_validator},
            returns=pagination_result_validator(v.object({"_id": v.id("tasks"), "_creationTime": v.number()})),
        )
        async def list(ctx, args):
            return await ctx.db.query("tasks").paginate(args["paginationOpts"])
        """,
}


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return backend(**PAGES)


def page(convex: Deployment, **options: Any) -> Any:
    return convex.query("m:list", {"paginationOpts": options})


def test_every_option_that_clients_send_is_accepted(convex: Deployment) -> None:
    convex.db.insert("tasks", {})
    sent = {"id": 1, "endCursor": None, "maximumRowsRead": 10, "maximumBytesRead": 1000}
    assert [task["_id"] for task in page(convex, numItems=1, cursor=None, **sent)["page"]] == [
        convex.db.table("tasks")[0]["_id"]
    ]


def test_other_options_are_refused(convex: Deployment) -> None:
    with pytest.raises(
        FunctionError, match="Object contains extra field `limit` that is not in the validator"
    ):
        page(convex, numItems=1, cursor=None, limit=1)


def test_the_documents_of_a_page_are_held_to_the_validator(convex: Deployment) -> None:
    convex.db.insert("tasks", {"title": "secret"})
    with pytest.raises(
        FunctionError, match="Object contains extra field `title` that is not in the validator"
    ):
        page(convex, numItems=1, cursor=None)


def test_both_languages_describe_pages_alike(written_backends: Any) -> None:
    described = []
    for language, source in PAGES.items():
        with Deployment(written_backends(language, source)) as convex:
            (function,) = convex.functions
            described.append((function.args.json, function.returns.json))
    assert described[0] == described[1]
