"""A week of an office, in TypeScript and in Python: the same results, documents and events."""

from __future__ import annotations

from typing import Any

from biconvex.sim import Deployment, NetworkFailure, OutboundRequest, Reply
from notifications_kit import Deploy, Services, notice, recipient, staff

TABLES = ("users", "notifications", "meetings", "limits", "beneficiaries", "donations", "auditLogs")


def flaky(request: OutboundRequest) -> Reply | NetworkFailure:
    """A service that is out of reach for the first ten minutes of every hour, and overloaded for the next ten."""
    minute = request.time_ms // 60_000 % 60
    if minute < 10:
        return NetworkFailure(latency_ms=500)
    return Reply(status=429) if minute < 20 else Reply(latency_ms=250)


def a_week(convex: Deployment) -> list[Any]:
    """Live them; what the functions answered."""
    Services(convex, flaky)
    ada = staff(convex)
    bo, cy = recipient(convex, phone="05321234567"), recipient(convex, "Cy")
    start = convex.now + 5 * 86_400_000
    said: list[Any] = [
        ada.mutation("meetings:announce", {"title": "Plans", "startsAt": start, "attendeeIds": [bo, cy]})
    ]
    people = [{"code": f"B{number}", "name": f"N{number}"} for number in range(5)]
    said.append(
        ada.mutation("imports:run", {"collection": "beneficiaries", "mode": "insert", "rows": people})
    )
    for day in range(7):
        for who, channel in ((bo, "email"), (bo, "sms"), (cy, "sms")):
            said.append(ada.mutation("notifications:create", notice(who, channel, title=f"day {day}")))
        row = {"receipt": f"R{day}", "beneficiary": f"B{day % 7}", "donor": "Di", "amount": 100 + day}
        rows = [{**row, "status": "received"}, {"receipt": ""}]
        said.append(ada.mutation("imports:run", {"collection": "donations", "mode": "upsert", "rows": rows}))
        convex.advance(hours=13, minutes=21)
        mailing = {"recipients": ["a@x.org", "b@x.org"], "subject": "News", "text": "…", "key": f"news-{day}"}
        said.append(ada.action("bulk:emails", mailing))
        convex.advance(hours=10, minutes=35)
    wanted = {"collection": "donations", "status": "received"}
    return [
        *said,
        *(ada.mutation("exports:download", {**wanted, "format": form}) for form in ("json", "csv")),
    ]


def test_both_languages_live_the_same_week(deploy: Deploy) -> None:
    typescript, python = deploy("typescript"), deploy("python")
    assert a_week(typescript) == a_week(python)
    for table in (*TABLES, "_scheduled_functions"):
        assert typescript.db.table(table) == python.db.table(table)
    assert [str(event) for event in typescript.trace] == [str(event) for event in python.trace]
    assert typescript.trace.digest == python.trace.digest
    statuses = [found["status"] for found in python.db.table("notifications")]
    assert sorted(set(statuses)) == ["failed", "sent"]
