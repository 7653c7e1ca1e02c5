"""A shop whose payment service fails, falls silent and delivers twice: no money is lost, and none is taken twice."""

from __future__ import annotations

from typing import Any

from actions_kit import (
    CHARGES,
    ENVIRONMENT,
    LANGUAGES,
    MODEL,
    WORKER,
    Charges,
    deliver,
    documents,
    model,
    webhook,
)
from biconvex.sim import Deployment
from biconvex.sim.deployment import ReadOnlyTables
from biconvex.sim.explore import BodyChoices, simulate


def hold(convex: Deployment, charges: Charges) -> None:
    """What holds at any time."""

    @convex.invariant
    def no_more_is_recorded_than_was_charged(db: ReadOnlyTables) -> bool:
        payments = db.table("payments")
        once = len({payment["orderId"] for payment in payments}) == len(payments)
        return once and all(charges.amounts[payment["chargeId"]] == payment["amount"] for payment in payments)

    @convex.invariant
    def an_order_is_paid_when_its_payment_is_recorded(db: ReadOnlyTables) -> bool:
        paid = {order["_id"] for order in db.table("orders") if order["status"] == "paid"}
        return paid == {payment["orderId"] for payment in db.table("payments")}


def shop(convex: Deployment, choices: BodyChoices) -> None:
    """People order and pay while services, connections and processes fail; then calm."""
    charges = Charges()
    convex.outbound.on("POST", CHARGES, charges)
    hold(convex, charges)
    clients = [convex.client(), convex.client()]
    orders: list[str] = []
    collected: set[str] = set()
    for _ in choices.times(20):
        client = choices.pick(clients)
        step = choices.pick(["order", "collect", "pay", "webhook", "wait"]) if orders else "order"
        if step == "order":
            order = {"item": "lens", "amount": 100 + len(orders)}
            orders.append(client.mutation("orders:place", order))
        elif step == "collect":
            order_id = choices.pick(orders)
            client.mutation("orders:collect", {"orderId": order_id})
            collected.add(order_id)
        elif step == "pay":
            paying = {"orderId": choices.pick(orders)}
            convex.concurrently(client.call("payments:pay", paying), clients[0].call("payments:pay", paying))
        elif step == "webhook":
            convex.deliver(*(webhook(convex, event) for event in charges.events()))
        else:
            convex.advance(seconds=choices.pick([1, 15, 60, 600]))
    convex.calm()
    # Of an attempt that died nobody hears, and yet each order has its end.
    statuses = {order["_id"]: order["status"] for order in convex.db.table("orders")}
    assert [statuses[order] for order in orders if order in collected and statuses[order] == "unpaid"] == []
    # The service tells of every charge until it is heard; then the books agree.
    for event in charges.events():
        assert deliver(convex, event).ok
    recorded = {payment["chargeId"]: payment["amount"] for payment in convex.db.table("payments")}
    assert recorded == charges.amounts


@simulate(seeds=12, project="../convex", env=ENVIRONMENT, faults="swarm")
def test_a_shop_in_typescript_loses_no_money_whatever_happens(
    convex: Deployment, choices: BodyChoices
) -> None:
    shop(convex, choices)


@simulate(seeds=12, project="../python", env=ENVIRONMENT, faults="swarm")
def test_a_shop_in_python_loses_no_money_whatever_happens(convex: Deployment, choices: BodyChoices) -> None:
    shop(convex, choices)


def a_week(language: str) -> tuple[list[Any], dict[str, Any]]:
    """A week in the life of the shop: what its functions answered, and what is left in the tables."""
    charges, answers = Charges(), []
    with Deployment(LANGUAGES[language], seed=7, env=ENVIRONMENT) as convex:
        hold(convex, charges)
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
        assert convex.findings == []
        return answers, documents(convex)


def test_both_languages_live_the_same_week() -> None:
    typescript, python = a_week("typescript"), a_week("python")
    assert typescript == python
    statuses = [order["status"] for order in typescript[1]["orders"]]
    assert statuses == ["paid", "paid", "paid", "failed", "paid", "paid", "paid"]
