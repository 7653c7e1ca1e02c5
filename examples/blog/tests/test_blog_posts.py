"""Posts and who may do what with them: every way to query, to change and to remove."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError
from blog_kit import found_organization, pages, register, titles, write

DAY_MS = 86_400_000


# --- query methods ------------------------------------------------------------------------------------------


def test_unique_is_one_or_none(convex: Deployment) -> None:
    ada, _ = found_organization(convex)
    found = ada.query("users:getByEmail", {"email": "ada@example.com"})
    assert (found["name"], sorted(found)) == ("Ada", ["_id", "email", "name"])
    assert ada.query("users:getByEmail", {"email": "nobody@example.com"}) is None


def test_unique_refuses_two(convex: Deployment) -> None:
    ada, _ = found_organization(convex)
    (user,) = convex.db.table("users")
    second = {field: value for field, value in user.items() if not field.startswith("_")}
    other = convex.db.insert("users", {**second, "tokenIdentifier": "another"})
    with pytest.raises(FunctionError) as caught:
        ada.query("users:getByEmail", {"email": "ada@example.com"})
    assert str(caught.value).partition("\n    at")[0] == (
        "Uncaught Error: unique() query returned more than one result from table users:\n "
        f"[{user['_id']}, {other}, ...]"
    )


def test_first_is_the_first_of_the_order(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    assert ada.query("reading:newest", {"organizationId": acme}) is None
    for title in ("one", "two"):
        write(ada, acme, title)
    write(ada, acme, "three", publish=False)
    assert convex.query("reading:newest", {"organizationId": acme})["title"] == "two"


def test_take_is_at_most_so_many(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    for title in ("one", "two", "three"):
        write(ada, acme, title)
    assert titles(convex.query("reading:published", {"organizationId": acme})) == ["three", "two", "one"]
    assert titles(convex.query("reading:published", {"organizationId": acme, "limit": 2})) == ["three", "two"]


def test_collect_has_all_of_a_range(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    start = convex.now
    for day in range(5):
        write(ada, acme, f"day {day}", publish=day % 2 == 0)
        convex.advance(days=1)
    span = {"organizationId": acme, "from": start + DAY_MS, "to": start + 3 * DAY_MS}
    assert titles(ada.query("reading:between", span)) == ["day 1", "day 2"]


def test_paginate_goes_from_page_to_page(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    for number in range(5):
        write(ada, acme, f"post {number}", publish=False)
        convex.advance(hours=1)
    assert pages(ada, "reading:page", 2, organizationId=acme) == [
        ["post 4", "post 3"],
        ["post 2", "post 1"],
        ["post 0"],
    ]


def test_a_page_of_a_filter_is_full(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    for number in range(1, 10):
        write(ada, acme, f"post {number}", "word " * number)
    assert pages(convex, "reading:long", 2, organizationId=acme, words=6) == [
        ["post 6", "post 7"],
        ["post 8", "post 9"],
        [],
    ]


def test_a_search_finds_the_best_match_first(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    write(ada, acme, "much", "bread and bread and more bread")
    write(ada, acme, "none", "soup for everybody")
    write(ada, acme, "some", "soup, and some bread with it, on a long and quiet evening in winter")
    assert titles(convex.query("reading:search", {"query": "bread"})) == ["much", "some"]


def test_a_search_is_filtered_by_author_and_status(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    bo = register(convex, "Bo")
    bo.mutation("organizations:join", {"slug": "acme"})
    write(ada, acme, "of Ada", "bread")
    write(bo, acme, "of Bo", "bread")
    write(bo, acme, "a draft of Bo", "bread", publish=False)
    author = convex.db.table("users")[1]["_id"]
    assert sorted(titles(convex.query("reading:search", {"query": "bread"}))) == ["of Ada", "of Bo"]
    assert titles(convex.query("reading:search", {"query": "bread", "authorId": author})) == ["of Bo"]


def test_async_iteration_signs_all_posts_in_batches(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    for number in range(130):
        write(ada, acme, f"post {number}", publish=False)
    ada.mutation("users:rename", {"name": "Ada L."})
    convex.run_until_idle()
    assert {post["authorName"] for post in convex.db.table("posts")} == {"Ada L."}
    jobs = convex.db.table("_scheduled_functions")
    assert [job["name"] for job in jobs] == ["posts.js:sign", "posts.js:sign"]


def test_users_are_listed_the_newest_first(convex: Deployment) -> None:
    for name in ("Ada", "Bo", "Cy"):
        convex.advance(days=1)
        caller = register(convex, name)
    assert [user["name"] for user in caller.query("users:list", {"limit": 2})] == ["Cy", "Bo"]


def test_a_prefix_of_an_index_answers_as_well(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    globex = ada.mutation("organizations:create", {"name": "Globex", "slug": "globex"})
    bo = register(convex, "Bo")
    bo.mutation("organizations:join", {"slug": "acme"})
    assert [user["name"] for user in bo.query("users:members", {"organizationId": acme})] == ["Bo"]
    assert [user["name"] for user in ada.query("users:members", {"organizationId": globex})] == ["Ada"]
    assert [found["slug"] for found in ada.query("organizations:mine")] == ["acme", "globex"]
    assert convex.query("organizations:getBySlug", {"slug": "initech"}) is None


# --- patch, replace, delete ---------------------------------------------------------------------------------


def fields(convex: Deployment, post: str) -> dict[str, Any]:
    found = convex.db.get(post)
    assert found is not None
    return found


def test_a_patch_changes_only_what_it_names(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    post = write(ada, acme, "Draft", "one two three", publish=False)
    before = fields(convex, post)
    ada.mutation("posts:update", {"postId": post, "title": "Final"})
    assert fields(convex, post) == {**before, "title": "Final"}
    ada.mutation("posts:update", {"postId": post, "content": "four five"})
    assert fields(convex, post) == {**before, "title": "Final", "content": "four five", "words": 2}


def test_a_patch_of_nothing_changes_nothing(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    post = write(ada, acme, "Draft")
    before = fields(convex, post)
    ada.mutation("posts:update", {"postId": post})
    assert fields(convex, post) == before


def test_a_replacement_is_the_whole_document(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    post = write(ada, acme, "Old", "one two three")
    before = fields(convex, post)
    assert "publishedAt" in before
    convex.advance(days=1)
    ada.mutation("posts:replace", {"postId": post, "title": "New", "content": "one", "status": "draft"})
    del before["publishedAt"]
    assert fields(convex, post) == {**before, "title": "New", "content": "one", "words": 1, "status": "draft"}


def comment(convex: Deployment, post: str, count: int) -> None:
    (user, *_) = convex.db.table("users")
    for number in range(count):
        text = {"content": str(number), "createdAt": convex.now}
        convex.db.insert("comments", {"postId": post, "authorId": user["_id"], **text})


@pytest.mark.parametrize("count", [0, 1, 99])
def test_a_post_goes_with_its_comments_at_once(convex: Deployment, count: int) -> None:
    ada, acme = found_organization(convex)
    post, other = write(ada, acme, "One"), write(ada, acme, "Other")
    comment(convex, post, count)
    comment(convex, other, 2)
    ada.mutation("posts:remove", {"postId": post})
    assert titles(convex.db.table("posts")) == ["Other"]
    assert {found["postId"] for found in convex.db.table("comments")} == {other}


def test_a_post_with_many_comments_goes_in_batches_and_is_seen_by_nobody(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    post = write(ada, acme, "Popular")
    comment(convex, post, 250)
    ada.mutation("posts:remove", {"postId": post})
    assert len(convex.db.table("comments")) == 150
    assert ada.query("reading:get", {"postId": post}) is None
    assert convex.query("comments:list", {"postId": post}) == []
    with pytest.raises(ConvexError) as caught:
        ada.mutation("comments:add", {"postId": post, "content": "too late"})
    assert caught.value.data == {"code": "no-such-post"}
    convex.run_until_idle()
    assert (convex.db.table("posts"), convex.db.table("comments")) == ([], [])


def test_comments_are_for_published_posts(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    draft, post = write(ada, acme, "Draft", publish=False), write(ada, acme, "Post")
    bo = register(convex, "Bo")
    with pytest.raises(ConvexError, match="no-such-post"):
        bo.mutation("comments:add", {"postId": draft, "content": "first"})
    bo.mutation("comments:add", {"postId": post, "content": "first"})
    assert [found["content"] for found in convex.query("comments:list", {"postId": post})] == ["first"]


# --- who may ------------------------------------------------------------------------------------------------


def test_drafts_are_for_the_organization(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    draft = write(ada, acme, "Draft", publish=False)
    seen = [
        caller.query("reading:get", {"postId": draft}) for caller in (ada, register(convex, "Bo"), convex)
    ]
    assert [found is not None for found in seen] == [True, False, False]


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("posts:update", {"title": "Mine"}),
        ("posts:replace", {"title": "Mine", "content": "", "status": "draft"}),
        ("posts:publish", {}),
        ("posts:remove", {}),
    ],
)
def test_posts_of_others_are_safe(convex: Deployment, function: str, args: dict[str, Any]) -> None:
    ada, acme = found_organization(convex)
    post = write(ada, acme, "Of Ada")
    before = fields(convex, post)
    bo = register(convex, "Bo")
    bo.mutation("organizations:join", {"slug": "acme"})
    codes = []
    for caller in (bo, convex):
        with pytest.raises(ConvexError) as caught:
            caller.mutation(function, {"postId": post, **args})
        codes.append(caught.value.data["code"])
    assert codes == ["not-your-post", "not-authenticated"]
    assert fields(convex, post) == before


def test_admins_change_the_posts_of_their_organization(convex: Deployment) -> None:
    ada, acme = found_organization(convex)
    bo = register(convex, "Bo")
    bo.mutation("organizations:join", {"slug": "acme"})
    post = write(bo, acme, "Of Bo")
    ada.mutation("posts:remove", {"postId": post})
    assert convex.db.table("posts") == []


def test_a_slug_is_taken_once(convex: Deployment) -> None:
    ada, _ = found_organization(convex)
    with pytest.raises(ConvexError) as caught:
        ada.mutation("organizations:create", {"name": "Acme II", "slug": "acme"})
    assert caught.value.data == {"code": "slug-taken", "slug": "acme"}


def test_registering_twice_is_registering_once(convex: Deployment) -> None:
    for _ in range(2):
        register(convex, "Ada")
    eve = convex.as_user(subject="eve")
    with pytest.raises(ConvexError) as caught:
        eve.mutation("users:register", {"name": "Eve", "email": "ada@example.com"})
    assert caught.value.data == {"code": "email-taken", "email": "ada@example.com"}
    assert [user["name"] for user in convex.db.table("users")] == ["Ada"]


# --- return validators --------------------------------------------------------------------------------------


def test_a_whole_document_is_refused_where_the_validator_names_three_fields(convex: Deployment) -> None:
    ada, _ = found_organization(convex)
    convex.stub("users:list", returns=convex.db.table("users"))
    with pytest.raises(FunctionError) as caught:
        ada.query("users:list")
    assert str(caught.value).partition("\n")[0] == (
        "ReturnsValidationError: Object contains extra field `_creationTime` that is not in the validator."
    )
