"""Whatever goes wrong, in whatever order: nothing is lost, nothing is said to be sent that wasn't, sums are right."""

from __future__ import annotations

from collections import Counter
from typing import Any

from biconvex.sim import Deployment
from biconvex.sim.explore import BodyChoices, simulate
from notifications_kit import CONFIGURED, Services, notice, recipient, staff

SEEDS = 3


def donations_add_up(db: Any) -> None:
    """What beneficiaries have received is the sum of the donations that were received for them, at any time."""
    sums: Counter[str] = Counter()
    for donation in db.table("donations"):
        sums[donation["beneficiary"]] += donation["amount"] if donation["status"] == "received" else 0
    told = {person["code"]: person["received"] for person in db.table("beneficiaries")}
    assert told == {code: sums[code] for code in told}


def nothing_is_under_way(db: Any) -> None:
    """Every notification has come to an end."""
    left = Counter(found["status"] for found in db.table("notifications"))
    assert not left["pending"] + left["sending"], dict(left)


def an_office(convex: Deployment, choices: BodyChoices) -> None:
    """Notify, import and wait, in an order that the seed draws, with services and machines that fail."""
    services = Services(convex)
    ada = staff(convex)
    people = [recipient(convex, phone="05321234567"), recipient(convex, "Cy", phone="05321234568")]
    rows: list[dict[str, Any]] = [{"code": code, "name": code} for code in ("B1", "B2")]
    ada.mutation("imports:run", {"collection": "beneficiaries", "mode": "insert", "rows": rows})

    def sent_is_delivered(db: Any) -> None:
        for found in db.table("notifications"):
            assert found["status"] != "sent" or found["_id"] in services.delivered, found

    convex.invariant(donations_add_up)
    convex.invariant(sent_is_delivered)

    def donations(most: int) -> Any:
        rows = [
            {
                "receipt": f"R{choices.integer(1, 3)}",
                "beneficiary": choices.pick(["B1", "B2", "nobody"]),
                "donor": "Di",
                "amount": choices.integer(1, 100),
                "status": choices.pick(["received", "pledged"]),
            }
            for _ in choices.times(most, 1)
        ]
        return ada.call("imports:run", {"collection": "donations", "mode": "upsert", "rows": rows})

    with convex.faults("swarm"):
        for _ in choices.times(6, 2):
            to, channel = choices.pick(people), choices.pick(["email", "sms"])
            convex.concurrently(
                ada.call("notifications:create", notice(to, channel)), donations(3), donations(3)
            )
            convex.advance(minutes=choices.integer(0, 20))
    convex.eventually(nothing_is_under_way, within="4h")
    convex.calm()


@simulate(seeds=SEEDS, project="../convex", env=CONFIGURED)
def test_nothing_is_lost_in_typescript(convex: Deployment, choices: BodyChoices) -> None:
    an_office(convex, choices)


@simulate(seeds=SEEDS, project="../python", env=CONFIGURED)
def test_nothing_is_lost_in_python(convex: Deployment, choices: BodyChoices) -> None:
    an_office(convex, choices)
