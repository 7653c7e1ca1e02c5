"""Money: a webhook that is signed and may come twice, an action that fails, and a retry of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from actions_kit import Charges, charged, deliver, post, signed
from biconvex.sim import ConvexError, Deployment, FunctionError

SECONDS_MS = 1000


@pytest.fixture
def order(convex: Deployment) -> str:
    return convex.mutation("orders:place", {"item": "lens", "amount": 1999})


# --- the webhook --------------------------------------------------------------------------------------------


def test_a_signed_webhook_pays_an_order(convex: Deployment, order: str) -> None:
    response = deliver(convex, charged(order))
    assert (response.status, response.json()) == (200, {"received": True})
    assert convex.query("orders:status", {"orderId": order}) == "paid"


def test_a_webhook_that_is_delivered_again_changes_nothing(convex: Deployment, order: str) -> None:
    for _ in range(3):
        assert deliver(convex, charged(order)).status == 200
        convex.advance(hours=1)
    assert [(payment["orderId"], payment["amount"]) for payment in convex.db.table("payments")] == [
        (order, 1999)
    ]


@pytest.mark.parametrize(
    "signature",
    ["", "t=1767225600", "v1=00", "t=1767225600,v1=" + "0" * 64, "t=soon,v1=00", "t=1767225600,v1=x"],
)
def test_what_is_not_signed_is_refused(convex: Deployment, order: str, signature: str) -> None:
    response = post(convex, json.dumps(charged(order)), signature)
    assert (response.status, response.json()) == (400, {"error": "bad signature"})
    assert convex.query("orders:status", {"orderId": order}) == "unpaid"


def test_the_signature_is_one_of_the_raw_body(convex: Deployment, order: str) -> None:
    body = '{ "type":"ping",  "data": {"object":{}}}'
    signature = signed(body, convex.now // 1000)
    assert post(convex, body, signature).status == 200
    assert post(convex, body.replace(" ", ""), signature).status == 400


def test_any_of_several_signatures_will_do(convex: Deployment) -> None:
    body, now_s = '{"type":"ping"}', convex.now // 1000
    signature = f"{signed(body, now_s, 'the old secret')},{signed(body, now_s).partition(',')[2]}"
    assert post(convex, body, signature).status == 200


def test_a_recorded_request_is_refused_after_five_minutes(convex: Deployment, order: str) -> None:
    body = '{"type":"ping"}'
    signature = signed(body, convex.now // 1000)
    statuses = []
    for minutes in (0, 5, 1):
        convex.advance(minutes=minutes)
        statuses.append(post(convex, body, signature).status)
    assert statuses == [200, 200, 400]


def test_a_webhook_without_a_secret_takes_nothing(deploy: Callable[..., Deployment]) -> None:
    response = deliver(deploy(env={"LLM_API_KEY": "key"}), charged("…"))
    assert (response.status, response.json()) == (503, {"error": "not configured"})


@pytest.mark.parametrize("order_id", ["", "no id at all", "a message"])
def test_a_charge_for_no_order_is_logged_and_not_asked_for_again(convex: Deployment, order_id: str) -> None:
    if order_id == "a message":
        order_id = convex.mutation("messages:send", {"content": "hello"})
    assert deliver(convex, charged(order_id)).status == 200
    assert [event.detail for event in convex.trace.events("log")] == [
        f"'charge ch_1 is for no order of ours: {order_id}'"
    ]


def test_other_events_are_received_and_left_alone(convex: Deployment, order: str) -> None:
    assert deliver(convex, {**charged(order), "type": "charge.refunded"}).json() == {"received": True}
    assert convex.query("orders:status", {"orderId": order}) == "unpaid"


# --- an action that fails ---------------------------------------------------------------------------------


def test_a_client_pays_an_order(convex: Deployment, charges: Charges, order: str) -> None:
    assert convex.action("payments:pay", {"orderId": order}) == "ch_1"
    assert charges.amounts == {"ch_1": 1999}
    assert convex.query("orders:status", {"orderId": order}) == "paid"


def test_an_order_is_paid_once(convex: Deployment, charges: Charges, order: str) -> None:
    convex.action("payments:pay", {"orderId": order})
    with pytest.raises(ConvexError) as caught:
        convex.action("payments:pay", {"orderId": order})
    assert caught.value.data == {"code": "NOTHING_DUE"}
    assert charges.amounts == {"ch_1": 1999}


def test_an_action_that_fails_is_not_run_again_and_its_client_hears_of_it(
    convex: Deployment, charges: Charges, order: str
) -> None:
    charges.down = True
    with pytest.raises(ConvexError) as caught:
        convex.action("payments:pay", {"orderId": order})
    assert caught.value.data == {"code": "PAYMENT_FAILED", "status": 503}
    assert [event.detail for event in convex.trace.events("log")] == [f"'the payment of {order} failed'"]
    convex.advance(days=1)
    assert len(convex.outbound.requests) == 1


def test_a_client_that_tries_again_is_not_charged_twice(
    convex: Deployment, charges: Charges, order: str
) -> None:
    charges.mute = True
    with pytest.raises(FunctionError):
        convex.action("payments:pay", {"orderId": order})
    charges.mute = False
    assert convex.action("payments:pay", {"orderId": order}) == "ch_1"
    assert charges.amounts == {"ch_1": 1999}


# --- a retry of one's own ---------------------------------------------------------------------------------


def seconds_of_requests(convex: Deployment) -> list[float]:
    requests = convex.outbound.requests
    return [(request.time_ms - requests[0].time_ms) / SECONDS_MS for request in requests]


def test_a_payment_is_tried_again_after_longer_and_longer_pauses(
    convex: Deployment, charges: Charges, order: str
) -> None:
    charges.down = True
    convex.mutation("orders:collect", {"orderId": order})
    convex.run_until_idle()
    assert seconds_of_requests(convex) == [0, 30, 90, 210, 450, 930]
    assert convex.query("orders:status", {"orderId": order}) == "failed"


def test_a_payment_succeeds_when_the_service_is_back(
    convex: Deployment, charges: Charges, order: str
) -> None:
    charges.down = True
    convex.mutation("orders:collect", {"orderId": order})
    convex.advance(minutes=2)
    charges.down = False
    convex.run_until_idle()
    assert seconds_of_requests(convex) == [0, 30, 90, 210]
    assert convex.query("orders:status", {"orderId": order}) == "paid"


def test_a_service_that_does_not_answer_is_given_up_before_the_next_attempt(
    convex: Deployment, charges: Charges, order: str
) -> None:
    charges.latency_ms = 60 * 60 * SECONDS_MS
    convex.mutation("orders:collect", {"orderId": order})
    convex.advance(seconds=20)
    assert [run.error is None for run in convex.trace.runs("payments:attempt")] == [False]
    charges.latency_ms = 0
    convex.advance(seconds=10)
    assert convex.query("orders:status", {"orderId": order}) == "paid"
    assert charges.amounts == {"ch_1": 1999}


def test_a_webhook_that_comes_first_ends_the_attempts(
    convex: Deployment, charges: Charges, order: str
) -> None:
    charges.mute = True
    convex.mutation("orders:collect", {"orderId": order})
    convex.advance(seconds=5)
    deliver(convex, charges.events()[0])
    convex.run_until_idle()
    assert seconds_of_requests(convex) == [0]
    assert len(convex.db.table("payments")) == 1
