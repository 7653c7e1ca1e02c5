"""Orders and payments: ids of the application's own, charges that happen once, endpoints that ask who is there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError
from blog_kit import Deploy, Provider, register, webhook

BEARER = {"Authorization": "Bearer api-token"}


def order(convex: Deployment, order_id: str) -> Any:
    (found,) = [found for found in convex.db.table("orders") if found["orderId"] == order_id]
    return found


# --- orders -------------------------------------------------------------------------------------------------


def test_an_order_has_an_id_of_its_own(convex: Deployment, provider: Provider) -> None:
    bo = register(convex, "Bo")
    ids = [bo.mutation("orders:create", {"amount": 20}) for _ in range(50)]
    assert all(re.fullmatch(rf"ord_{convex.now}_[0-9a-z]{{7}}", found) for found in ids)
    assert len(set(ids)) == 50


def test_a_letter_confirms_what_was_committed(convex: Deployment, provider: Provider) -> None:
    bo = register(convex, "Bo")
    created = bo.mutation("orders:create", {"amount": 20})
    assert provider.letters.requests == []
    convex.advance(seconds=1)
    (letter,) = provider.letters.requests
    assert (letter.json(), letter.header("Authorization"), len(str(letter.header("Idempotency-Key")))) == (
        {"to": "bo@example.com", "subject": "Your order", "text": f"We have your order {created}."},
        "Bearer mail-key",
        16,
    )


def test_a_refused_order_confirms_nothing(convex: Deployment, provider: Provider) -> None:
    bo = register(convex, "Bo")
    with pytest.raises(ConvexError) as caught:
        bo.mutation("orders:create", {"amount": -1})
    assert caught.value.data == {"code": "invalid-amount", "amount": -1}
    assert convex.db.table("_scheduled_functions") == []


def test_an_order_that_nobody_pays_is_cancelled_after_a_week(convex: Deployment, provider: Provider) -> None:
    bo = register(convex, "Bo")
    late, paid = (bo.mutation("orders:create", {"amount": amount}) for amount in (20, 30))
    convex.advance(days=3)
    assert bo.action("checkout:pay", {"orderId": paid}) == {"success": True}
    convex.advance(days=3, hours=23)
    assert order(convex, late)["status"] == "pending"
    convex.advance(hours=1)
    assert bo.query("orders:mine") == [
        {"orderId": paid, "amount": 30, "status": "paid"},
        {"orderId": late, "amount": 20, "status": "cancelled"},
    ]


def test_orders_of_others_cannot_be_paid(convex: Deployment, provider: Provider) -> None:
    created = register(convex, "Bo").mutation("orders:create", {"amount": 20})
    with pytest.raises(ConvexError, match="no-such-order"):
        register(convex, "Cy").action("checkout:pay", {"orderId": created})
    assert provider.requests == []


def test_clients_cannot_record_payments(convex: Deployment) -> None:
    payment = {"paymentId": "p", "orderId": "o", "amount": 1}
    with pytest.raises(FunctionError, match="^Could not find public function for 'payments:record'"):
        convex.mutation("payments:record", payment)


# --- payments happen once -----------------------------------------------------------------------------------


def test_paying_twice_charges_once(convex: Deployment, provider: Provider) -> None:
    bo = register(convex, "Bo")
    created = bo.mutation("orders:create", {"amount": 20})
    assert [bo.action("checkout:pay", {"orderId": created}) for _ in range(2)] == [{"success": True}] * 2
    assert len(provider.requests) == 1


def test_a_charge_that_was_never_heard_of_is_not_repeated(convex: Deployment, provider: Provider) -> None:
    bo = register(convex, "Bo")
    created = bo.mutation("orders:create", {"amount": 20})
    broken = convex.stub("payments:record", raises=RuntimeError("the machine is gone"))
    with pytest.raises(FunctionError):
        bo.action("checkout:pay", {"orderId": created})
    broken.restore()
    assert bo.action("checkout:pay", {"orderId": created}) == {"success": True}
    assert (len(provider.requests), len(provider.charges)) == (2, 1)
    assert [payment["paymentId"] for payment in convex.db.table("payments")] == ["pay_0"]


def test_a_declined_charge_leaves_the_order_open(convex: Deployment, provider: Provider) -> None:
    bo = register(convex, "Bo")
    created = bo.mutation("orders:create", {"amount": 20})
    provider.status = 402
    assert bo.action("checkout:pay", {"orderId": created}) == {"success": False}
    assert order(convex, created)["status"] == "pending"


def test_a_webhook_is_recorded_once_however_often_it_comes(convex: Deployment, provider: Provider) -> None:
    bo = register(convex, "Bo")
    charge = {"paymentId": "pay_9", "orderId": bo.mutation("orders:create", {"amount": 20}), "amount": 20}
    answers = convex.deliver(*[webhook(charge)] * 3)
    assert [answer.status for answer in answers] == [200] * 3
    assert len(convex.db.table("payments")) == 1
    assert order(convex, charge["orderId"])["status"] == "paid"


def test_the_webhook_and_the_action_may_both_tell(convex: Deployment, provider: Provider) -> None:
    bo = register(convex, "Bo")
    created = bo.mutation("orders:create", {"amount": 20})
    told = webhook({"paymentId": "pay_0", "orderId": created, "amount": 20})
    paid, *answers = convex.concurrently(bo.call("checkout:pay", {"orderId": created}), told, told)
    assert (paid.result(), [answer.result().status for answer in answers]) == ({"success": True}, [200, 200])
    assert (len(convex.db.table("payments")), order(convex, created)["status"]) == (1, "paid")


def test_money_that_comes_too_late_goes_back(convex: Deployment, provider: Provider) -> None:
    bo = register(convex, "Bo")
    created = bo.mutation("orders:create", {"amount": 20})
    convex.advance(days=8)
    convex.deliver(webhook({"paymentId": "pay_9", "orderId": created, "amount": 20}))
    assert order(convex, created)["status"] == "refunding"


@pytest.mark.parametrize(("order_id", "amount"), [("ord_0_unknown", 20), (None, 19)])
def test_a_payment_of_something_else_is_not_recorded(
    convex: Deployment, provider: Provider, order_id: str | None, amount: int
) -> None:
    created = register(convex, "Bo").mutation("orders:create", {"amount": 20})
    charge = {"paymentId": "pay_9", "orderId": order_id or created, "amount": amount}
    (answer,) = convex.deliver(webhook(charge))
    assert (answer.status, answer.json(), convex.db.table("payments")) == (404, {"success": False}, [])


# --- HTTP ---------------------------------------------------------------------------------------------------


def test_anybody_may_ask_for_the_health(convex: Deployment) -> None:
    answer = convex.fetch("/api/health")
    assert (answer.status, answer.json(), answer.header("content-type")) == (
        200,
        {"status": "ok"},
        "application/json",
    )


def test_a_token_opens_what_is_protected(convex: Deployment, provider: Provider) -> None:
    bo = register(convex, "Bo")
    bo.action("checkout:pay", {"orderId": bo.mutation("orders:create", {"amount": 20})})
    answer = convex.fetch("/api/protected", headers=BEARER)
    assert (answer.status, answer.json()) == (200, {"payments": [{"paymentId": "pay_0", "amount": 20}]})


@pytest.mark.parametrize(
    "header", [None, "api-token", "Basic api-token", "Bearer ", "Bearer api-toke", "Bearer x"]
)
def test_nothing_else_does(convex: Deployment, header: str | None) -> None:
    answer = convex.fetch("/api/protected", headers={} if header is None else {"Authorization": header})
    assert (answer.status, answer.json()) == (401, {"error": "Unauthorized"})


def test_without_a_secret_in_the_environment_nobody_gets_in(language: str, deploy: Deploy) -> None:
    convex = deploy(language, env={"API_TOKEN": ""})
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer undefined"}, BEARER):
        assert convex.fetch("/api/protected", headers=headers).status == 401
    assert convex.deliver(webhook({"paymentId": "p"}, secret="undefined"))[0].status == 401


def test_a_webhook_of_somebody_else_is_refused(convex: Deployment) -> None:
    answers = convex.deliver(webhook({}, secret="wrong"), webhook({"paymentId": 7}))
    assert [(answer.status, answer.json()) for answer in answers] == [
        (401, {"error": "Unauthorized"}),
        (400, {"error": "Not a payment"}),
    ]


def test_other_paths_are_not_found(convex: Deployment) -> None:
    statuses = [convex.fetch(path).status for path in ("/api", "/api/health/", "/api/webhook")]
    assert statuses == [404, 404, 404]
