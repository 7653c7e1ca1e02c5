"""Create, update, delete, and change many at once: each only for whose they are."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import Caller, ConvexError, Deployment
from documents_kit import HOUR_MS, write


def refusal(caller: Caller, function: str, args: dict[str, Any]) -> Any:
    """What a client reads when it is refused."""
    with pytest.raises(ConvexError) as caught:
        caller.mutation(function, args)
    return caught.value.data


def test_a_document_is_its_writers_and_a_draft(convex: Deployment, ada: Caller) -> None:
    document = convex.db.get(write(ada))
    assert document is not None
    assert (document["ownerId"], document["status"]) == ("https://biconvex.example|ada", "draft")
    assert document["updatedAt"] == convex.now
    assert ada.query("documents:mine") == [{"id": document["_id"], "title": "Plans", "status": "draft"}]


def test_an_update_changes_what_it_names_and_the_time(convex: Deployment, ada: Caller) -> None:
    document = write(ada)
    began = convex.now
    convex.advance(hours=1)
    ada.mutation("documents:update", {"id": document, "title": "Other plans"})
    found = convex.db.get(document)
    assert found is not None
    assert (found["title"], found["content"]) == ("Other plans", "Plans in full")
    assert found["updatedAt"] == began + HOUR_MS


def test_a_document_is_removed(convex: Deployment, ada: Caller) -> None:
    document = write(ada)
    ada.mutation("documents:remove", {"id": document})
    assert convex.db.get(document) is None


WRITES = {
    "documents:update": lambda document: {"id": document, "title": "Mine"},
    "documents:remove": lambda document: {"id": document},
    "documents:mark": lambda document: {"ids": [document], "status": "archived"},
}


@pytest.mark.parametrize("function", WRITES)
def test_nobody_writes_to_what_is_not_theirs(
    convex: Deployment, ada: Caller, bob: Caller, function: str
) -> None:
    document = write(ada, public=True)
    before = convex.db.get(document)
    args = WRITES[function](document)
    assert refusal(convex, function, args) == {
        "code": "UNAUTHORIZED",
        "message": "You are not logged in",
    }
    assert refusal(bob, function, args) == {
        "code": "FORBIDDEN",
        "message": "This is not your document",
        "documentId": document,
    }
    assert convex.db.get(document) == before


@pytest.mark.parametrize("function", WRITES)
def test_what_is_gone_is_said_to_be_gone(convex: Deployment, ada: Caller, function: str) -> None:
    document = write(ada)
    ada.mutation("documents:remove", {"id": document})
    assert refusal(ada, function, WRITES[function](document)) == {
        "code": "NOT_FOUND",
        "message": "There is no such document",
        "documentId": document,
    }


def test_who_is_not_logged_in_cannot_write_or_list(convex: Deployment) -> None:
    args = {"title": "Plans", "content": "", "isPublic": True}
    assert refusal(convex, "documents:create", args)["code"] == "UNAUTHORIZED"
    with pytest.raises(ConvexError) as caught:
        convex.query("documents:mine")
    assert caught.value.data["code"] == "UNAUTHORIZED"


def test_many_are_marked_at_once_and_each_once(convex: Deployment, ada: Caller) -> None:
    first, second = write(ada), write(ada)
    count = ada.mutation("documents:mark", {"ids": [first, second, first], "status": "published"})
    assert count == 2
    assert [document["status"] for document in convex.db.table("documents")] == ["published", "published"]


def test_many_are_marked_all_or_none(convex: Deployment, ada: Caller, bob: Caller) -> None:
    documents = [write(ada), write(bob), write(ada)]
    assert refusal(ada, "documents:mark", {"ids": documents, "status": "archived"})["code"] == "FORBIDDEN"
    assert [document["status"] for document in convex.db.table("documents")] == ["draft"] * 3


def test_too_many_at_once_are_refused(ada: Caller) -> None:
    documents = [write(ada) for _ in range(101)]
    assert refusal(ada, "documents:mark", {"ids": documents, "status": "archived"}) == {
        "code": "TOO_MANY",
        "message": "At most 100 documents at once",
    }
    assert ada.mutation("documents:mark", {"ids": documents[:100], "status": "archived"}) == 100
