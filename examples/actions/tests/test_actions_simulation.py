"""A shop whose payment service fails, falls silent and delivers twice: no money is lost, and none is taken twice."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from actions_kit import CHARGES, ENVIRONMENT, LANGUAGES, MODEL, WORKER, Charges, deliver, documents, model
from biconvex.sim import Deployment, FunctionError
from biconvex.sim.explore import BodyChoices, simulate


def check(convex: Deployment, charges: Charges) -> None:
    """What holds at any time: no more is recorded than was charged, and an order is paid when its payment is."""
    payments = convex.db.table("payments")
    assert len({payment["orderId"] for payment in payments}) == len(payments)
    assert all(charges.amounts[payment["chargeId"]] == payment["amount"] for payment in payments)
    paid = {order["_id"] for order in convex.db.table("orders") if order["status"] == "paid"}
    assert paid == {payment["orderId"] for payment in payments}


def shop(convex: Deployment, choices: BodyChoices) -> None:
    """People order and pay while things go wrong; then the services recover, and a day goes by."""
    charges = Charges()
    convex.outbound.on("POST", CHARGES, charges)
    orders: list[str] = []
    for _ in choices.times(20):
        charges.down, charges.mute = choices.chance(0.3), choices.chance(0.3)
        charges.latency_ms = choices.pick([200, 5_000, 25_000])
        step = choices.pick(["order", "collect", "pay", "webhook"]) if orders else "order"
        if step == "order":
            orders.append(convex.mutation("orders:place", {"item": "lens", "amount": 100 + len(orders)}))
        elif step == "collect":
            convex.mutation("orders:collect", {"orderId": choices.pick(orders)})
        elif step == "pay":
            pay(convex, choices.pick(orders))
        elif charges.orders:
            deliver(convex, choices.pick(charges.events()))
        convex.advance(seconds=choices.pick([0, 1, 15, 60, 600]))
        check(convex, charges)
    charges.down = charges.mute = False
    for event in charges.events():
        assert deliver(convex, event).status == 200
    convex.advance(days=1)
    check(convex, charges)
    recorded = {payment["chargeId"]: payment["amount"] for payment in convex.db.table("payments")}
    assert recorded == charges.amounts
    assert {job["state"]["kind"] for job in convex.db.table("_scheduled_functions")} <= {"success", "failed"}


def pay(convex: Deployment, order: str) -> None:
    """A client pays, and leaves it at that if it fails."""
    with suppress(FunctionError):
        convex.action("payments:pay", {"orderId": order})


@simulate(seeds=20, project="../convex", env=ENVIRONMENT)
def test_a_shop_in_typescript_loses_no_money_whatever_happens(
    convex: Deployment, choices: BodyChoices
) -> None:
    shop(convex, choices)


@simulate(seeds=20, project="../python", env=ENVIRONMENT)
def test_a_shop_in_python_loses_no_money_whatever_happens(convex: Deployment, choices: BodyChoices) -> None:
    shop(convex, choices)


def a_week(language: str) -> tuple[list[Any], dict[str, Any]]:
    """A week in the life of the shop: what its functions answered, and what is left in the tables."""
    charges, answers = Charges(), []
    with Deployment(LANGUAGES[language], seed=7, env=ENVIRONMENT) as convex:
        convex.outbound.on("POST", MODEL, model)
        convex.outbound.on("POST", CHARGES, charges)
        convex.outbound.on("POST", WORKER, text="done", latency_ms=90_000)
        convex.outbound.on("GET", "https://pages.example.com/links.txt", text="https://pages.example.com/a\n")
        convex.outbound.on("HEAD", "https://pages.example.com/a", status=200)
        for day in range(7):
            charges.down = day == 3
            charges.mute = day == 5
            message = convex.mutation("messages:send", {"content": f"day {day}"})
            answers.append(convex.action("messages:process", {"messageId": message}))
            answers.append(convex.mutation("tasks:create", {"name": f"task {day}"}))
            order = convex.mutation("orders:place", {"item": "lens", "amount": 100 + day})
            convex.mutation("orders:collect", {"orderId": order})
            answers.append(convex.action("prices:load", {"csv": f"sku,title,price\nA1,Lens,{day // 2}.50\n"}))
            answers.append(convex.action("links:check", {"list": "https://pages.example.com/links.txt"}))
            convex.advance(hours=12)
            answers.append([deliver(convex, event).json() for event in charges.events()])
            convex.advance(hours=12)
            answers.append(convex.query("orders:status", {"orderId": order}))
        check(convex, charges)
        assert convex.findings == []
        return answers, documents(convex)


def test_both_languages_live_the_same_week() -> None:
    typescript, python = a_week("typescript"), a_week("python")
    assert typescript == python
    statuses = [order["status"] for order in typescript[1]["orders"]]
    assert statuses == ["paid", "paid", "paid", "failed", "paid", "paid", "paid"]
