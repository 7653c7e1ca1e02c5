"""What runs by itself: a cleanup that may be repeated, a daily report, and a sync that catches up."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import Caller, Deployment
from documents_kit import HOUR_MS, Feed, write

DAY_MS = 24 * HOUR_MS


def old(convex: Deployment, days: float, status: str = "draft") -> str:
    """A document of Ada's that nobody touched for so many days; its id."""
    owner = "https://biconvex.example|ada"
    document = {"title": "Old", "content": "", "isPublic": False, "ownerId": owner, "status": status}
    return convex.db.insert("documents", {**document, "updatedAt": convex.now - days * DAY_MS})


def logged(convex: Deployment, about: str) -> list[Any]:
    return [event.detail for event in convex.trace.events("log") if about in event.detail]


def test_drafts_are_deleted_after_thirty_days_and_nothing_else_is(convex: Deployment) -> None:
    old(convex, 29, "draft")
    kept = [old(convex, 300, "published"), old(convex, 300, "archived"), old(convex, 28, "draft")]
    convex.advance(days=1)
    assert len(convex.db.table("documents")) == 4
    convex.advance(hours=1)
    assert [document["_id"] for document in convex.db.table("documents")] == kept
    assert logged(convex, "old drafts") == ["'old drafts deleted: 1'"]


def test_a_draft_that_somebody_works_on_is_kept(convex: Deployment, ada: Caller) -> None:
    worked_on, _left_alone = old(convex, 29.5), old(convex, 29.5)
    ada.mutation("documents:update", {"id": worked_on, "content": "more and more"})
    convex.advance(days=1)
    assert [document["_id"] for document in convex.db.table("documents")] == [worked_on]


def test_the_cleanup_reads_by_the_index_and_only_what_it_deletes(convex: Deployment) -> None:
    for _ in range(50):
        old(convex, 1)
        old(convex, 300, "published")
    old(convex, 31)
    assert convex.as_admin().mutation("cleanup:drafts") == {"deleted": 1}
    assert convex.usage["cleanup:drafts"].documents_read.used == 2  # once to find it, once to delete it


def test_a_backlog_is_cleaned_up_in_batches(convex: Deployment) -> None:
    convex.advance(minutes=1)
    for _ in range(250):
        old(convex, 31)
    assert convex.as_admin().mutation("cleanup:drafts") == {"deleted": 100}
    convex.run_until_idle()
    assert convex.db.table("documents") == []
    assert logged(convex, "old drafts") == [f"'old drafts deleted: {deleted}'" for deleted in (100, 100, 50)]


def test_cleaning_up_again_changes_nothing(convex: Deployment) -> None:
    old(convex, 31)
    admin = convex.as_admin()
    assert [admin.mutation("cleanup:drafts") for _ in range(3)] == [
        {"deleted": deleted} for deleted in (1, 0, 0)
    ]


def test_every_day_has_its_report_five_minutes_past_midnight(convex: Deployment, ada: Caller) -> None:
    convex.stub("sync:pull", returns=None)  # which would run 288 times a day
    convex.advance(hours=1)
    for day in range(3):
        for _ in range(day):
            write(ada)
        convex.advance(days=1)
    assert ada.query("reports:latest") == [
        {"day": "2026-01-03", "created": 2},
        {"day": "2026-01-02", "created": 1},
        {"day": "2026-01-01", "created": 0},
        {"day": "2025-12-31", "created": 0},
    ]
    minutes = [run.started_ms % DAY_MS / 60_000 for run in convex.crons["daily report"].runs]
    assert minutes == [5, 5, 5, 5]


def test_a_report_is_made_once_a_day_however_often_it_is_asked_for(convex: Deployment) -> None:
    for _ in range(3):
        convex.as_admin().mutation("reports:generate")
    assert [report["day"] for report in convex.db.table("reports")] == ["2025-12-31"]


def titles(convex: Deployment) -> dict[str, str]:
    return {found["externalId"]: found["title"] for found in convex.db.table("imports")}


def test_what_changes_elsewhere_is_here_five_minutes_later(convex: Deployment, feed: Feed) -> None:
    convex.advance(minutes=1)
    feed.change("a", "One")
    convex.advance(minutes=5)
    feed.change("b", "Two")
    feed.change("a", "Three")
    assert titles(convex) == {"a": "One"}
    convex.advance(minutes=5)
    assert titles(convex) == {"b": "Two", "a": "Three"}


def test_a_feed_that_is_down_is_caught_up_with_later(convex: Deployment, feed: Feed) -> None:
    feed.down = True
    feed.change("a", "One")
    convex.advance(minutes=4)
    assert logged(convex, "the feed") == ["'the feed answered with status 503'"]
    feed.down = False
    convex.advance(hours=1)
    assert titles(convex) == {"a": "One"}
    assert convex.trace.count("start", "sync:store") == 1


@pytest.mark.parametrize("changes", [[("a", 1)], [("a", 2), ("a", 1)]])
def test_changes_that_are_stored_again_change_nothing(
    convex: Deployment, changes: list[tuple[str, int]]
) -> None:
    stored = [
        {"externalId": name, "title": f"{name}{revision}", "revision": revision} for name, revision in changes
    ]
    for _ in range(2):
        convex.as_admin().mutation("sync:store", {"changes": stored})
    assert [found["revision"] for found in convex.db.table("imports")] == [
        max(number for _, number in changes)
    ]
