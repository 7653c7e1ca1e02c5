"""What the backend has to do with others: a summary service, webhooks, a REST route."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from biconvex.sim import Caller, ConvexError, Deployment, FunctionError, OutboundRequest, Reply
from click.testing import CliRunner
from documents_kit import DOCUMENTS, ENVIRONMENT, LANGUAGES, MODEL, deliver, model, signed, tables, write

from biconvex.cli import main


def asked(convex: Deployment) -> list[OutboundRequest]:
    """What the language model was asked; the cron job asks others."""
    return [request for request in convex.outbound.requests if request.url == MODEL]


# --- summaries ----------------------------------------------------------------------------------------------


def test_a_document_is_summarized_by_a_service(convex: Deployment, ada: Caller) -> None:
    document = write(ada)
    assert ada.action("summaries:summarize", {"id": document}) == {"summary": "Plans", "saved": True}
    found = convex.db.get(document)
    assert found is not None
    assert found["summary"] == "Plans"
    (request,) = asked(convex)
    assert request.header("authorization") == "Bearer key"
    assert request.json()["messages"][0] == {"role": "system", "content": "Summarize the following text."}


def test_only_the_owner_has_a_document_summarized(convex: Deployment, ada: Caller, bob: Caller) -> None:
    document = write(ada)
    for caller, code in ((bob, "FORBIDDEN"), (convex, "UNAUTHORIZED")):
        with pytest.raises(ConvexError) as caught:
            caller.action("summaries:summarize", {"id": document})
        assert caught.value.data["code"] == code
    assert asked(convex) == []


def test_a_service_that_is_busy_is_asked_again_after_a_pause(convex: Deployment, ada: Caller) -> None:
    convex.outbound.on("POST", MODEL, [Reply(status=429), Reply(status=503), model])
    document = write(ada)
    began = convex.now
    assert ada.action("summaries:summarize", {"id": document})["summary"] == "Plans"
    assert [request.time_ms - began for request in asked(convex)] == [0, 1000, 5000]


@pytest.mark.parametrize(("status", "requests"), [(503, 3), (401, 1)])
def test_a_service_that_stays_down_is_given_up(
    convex: Deployment, ada: Caller, status: int, requests: int
) -> None:
    convex.outbound.on("POST", MODEL, status=status)
    document = write(ada)
    with pytest.raises(ConvexError) as caught:
        ada.action("summaries:summarize", {"id": document})
    assert caught.value.data == {"code": "NO_SUMMARY", "message": "There is no summary right now"}
    assert len(asked(convex)) == requests
    assert [event.detail for event in convex.trace.events("log")] == [
        f"'the language model answered with status {status}'"
    ]


def test_a_summary_of_what_is_no_longer_there_is_not_saved(deploy: Callable[..., Deployment]) -> None:
    kept = set()
    for seed in range(10):
        convex = deploy(seed=seed)
        ada = convex.as_user(subject="ada")
        document = write(ada)
        summarized, _ = convex.concurrently(
            ada.call("summaries:summarize", {"id": document}),
            ada.call("documents:update", {"id": document, "content": "Something else"}),
        )
        found = convex.db.get(document)
        assert found is not None
        kept.add((summarized.result()["summary"], summarized.result()["saved"], found.get("summary")))
    assert kept == {("Plans", False, None), ("Something", True, "Something")}


def test_a_summary_goes_with_the_content_that_it_is_of(convex: Deployment, ada: Caller) -> None:
    document = write(ada)
    ada.action("summaries:summarize", {"id": document})
    ada.mutation("documents:update", {"id": document, "title": "Another title"})
    assert "summary" in convex.db.table("documents")[0]
    ada.mutation("documents:update", {"id": document, "content": "Something else"})
    assert "summary" not in convex.db.table("documents")[0]


# --- webhooks -----------------------------------------------------------------------------------------------


def test_a_payment_that_is_told_of_twice_is_completed_once(convex: Deployment) -> None:
    for _ in range(2):
        assert deliver(convex, "payment.completed", {"id": "p1", "amount": 100}).status == 200
    assert [(payment["paymentId"], payment["amount"]) for payment in convex.db.table("payments")] == [
        ("p1", 100)
    ]


@pytest.mark.parametrize("order", [("started", "cancelled"), ("cancelled", "started")])
def test_a_subscription_is_cancelled_in_whatever_order_the_news_arrives(
    convex: Deployment, order: tuple[str, str]
) -> None:
    for event in order:
        deliver(convex, f"subscription.{event}", {"id": "s1"})
    assert [subscription["status"] for subscription in convex.db.table("subscriptions")] == ["cancelled"]


def test_a_subscription_that_is_told_of_twice_stays_active(convex: Deployment) -> None:
    for _ in range(2):
        deliver(convex, "subscription.started", {"id": "s1"})
    assert [subscription["status"] for subscription in convex.db.table("subscriptions")] == ["active"]


def test_an_event_of_an_unknown_sender_or_kind_changes_nothing(convex: Deployment) -> None:
    response = convex.fetch("/webhook/stripe", method="POST", body="{}")
    assert (response.status, response.text) == (400, "Bad signature")
    assert deliver(convex, "payment.refunded", {"id": "p1"}).text == "OK"
    assert [documents for documents in tables(convex).values() if documents] == []


def test_a_sender_may_call_an_action_instead_of_a_url(convex: Deployment) -> None:
    body = json.dumps({"type": "payment.completed", "data": {"id": "p1", "amount": 100}})
    args = {"body": body, "signature": signed(body, convex.now // 1000)}
    assert convex.action("webhooks:handle", args) is None
    assert len(convex.db.table("payments")) == 1
    with pytest.raises(ConvexError) as caught:
        convex.action("webhooks:handle", {**args, "body": body.replace("p1", "p2")})
    assert caught.value.data["code"] == "BAD_SIGNATURE"


# --- the REST route -----------------------------------------------------------------------------------------


def test_a_public_document_is_for_everybody(convex: Deployment, ada: Caller) -> None:
    document = write(ada, public=True)
    response = convex.fetch(f"/api/documents/{document}")
    assert (response.status, response.header("content-type")) == (200, "application/json")
    assert response.json() == {
        "id": document,
        "title": "Plans",
        "content": "Plans in full",
        "summary": None,
    }


def test_a_private_document_is_for_its_owner_and_not_there_for_others(
    convex: Deployment, ada: Caller, bob: Caller
) -> None:
    path = f"/api/documents/{write(ada)}"
    statuses = [caller.fetch(path).status for caller in (ada, bob, convex)]
    assert statuses == [200, 404, 404]


@pytest.mark.parametrize("path", ["", ":id", "no-such-id", "a/b"])
def test_what_is_no_document_is_not_found(convex: Deployment, path: str) -> None:
    response = convex.fetch(f"/api/documents/{path}")
    assert (response.status, response.json()) == (404, {"error": "Not found"})


PREFIX = {"typescript": "pathPrefix: DOCUMENTS,", "python": "path_prefix=DOCUMENTS,"}
PARAMETER = {"typescript": 'path: "/api/documents/:id",', "python": 'path="/api/documents/:id",'}


def test_a_path_with_a_parameter_would_serve_nothing_and_the_linter_says_so(
    tmp_path: Path, language: str
) -> None:
    folder = tmp_path / LANGUAGES[language].name
    shutil.copytree(LANGUAGES[language], folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "node_modules").symlink_to(DOCUMENTS / "node_modules")
    (router,) = folder.glob("http.*")
    source = router.read_text()
    assert PREFIX[language] in source
    router.write_text(source.replace(PREFIX[language], PARAMETER[language]))
    linted = CliRunner().invoke(main, ["lint", str(folder), "--no-config", "--no-cache", "--format", "json"])
    assert [finding["rule"] for finding in json.loads(linted.output)["findings"]] == ["path-parameter"]
    with Deployment(folder, env=ENVIRONMENT) as convex:
        document = write(convex.as_user(subject="ada"), public=True)
        assert convex.fetch(f"/api/documents/{document}").text == "No matching routes found"


def test_an_id_of_another_table_is_not_found(convex: Deployment) -> None:
    deliver(convex, "payment.completed", {"id": "p1", "amount": 100})
    payment = convex.db.table("payments")[0]["_id"]
    assert convex.fetch(f"/api/documents/{payment}").status == 404


def test_clients_cannot_read_past_the_route(convex: Deployment, ada: Caller) -> None:
    with pytest.raises(FunctionError, match="^Could not find public function for 'documents:visible'"):
        convex.query("documents:visible", {"id": write(ada)})
