"""Imports, exports, and the audit log that has a line for each."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from biconvex.sim import Caller, ConvexError, Deployment
from notifications_kit import lines, recipient, staff

PEOPLE: list[dict[str, Any]] = [
    {"code": "B1", "name": "Defne", "phone": "0532 123 45 67", "email": "defne@example.com"},
    {"code": "B2", "name": "Emre", "status": "inactive"},
]


def load(caller: Caller, mode: str, rows: list[dict[str, Any]], collection: str = "beneficiaries") -> Any:
    return caller.mutation("imports:run", {"collection": collection, "mode": mode, "rows": rows})


def donation(receipt: str, amount: Any, beneficiary: str = "B1", **more: Any) -> dict[str, Any]:
    row = {"receipt": receipt, "beneficiary": beneficiary, "donor": "Fikret", "amount": amount}
    return {**row, "status": "received", **more}


def received(convex: Deployment) -> dict[str, float]:
    return {found["code"]: found["received"] for found in convex.db.table("beneficiaries")}


def fields(convex: Deployment, table: str) -> list[dict[str, Any]]:
    """The documents without what Convex adds to them."""
    return [
        {field: value for field, value in document.items() if not field.startswith("_")}
        for document in convex.db.table(table)
    ]


# --- imports ------------------------------------------------------------------------------------------------


def test_rows_become_documents(convex: Deployment) -> None:
    found = load(staff(convex), "insert", PEOPLE)
    assert found == {"inserted": 2, "updated": 0, "failed": 0, "errors": []}
    assert fields(convex, "beneficiaries") == [
        {
            "code": "B1",
            "name": "Defne",
            "phone": "+905321234567",
            "email": "defne@example.com",
            "status": "active",
            "received": 0,
        },
        {"code": "B2", "name": "Emre", "status": "inactive", "received": 0},
    ]


@pytest.mark.parametrize(
    ("mode", "done", "message"),
    [
        ("insert", {"inserted": 1, "updated": 0, "failed": 1}, "is there already"),
        ("update", {"inserted": 0, "updated": 1, "failed": 1}, "is unknown"),
        ("upsert", {"inserted": 1, "updated": 1, "failed": 0}, None),
    ],
)
def test_the_mode_says_what_may_be_there(
    convex: Deployment, mode: str, done: dict[str, int], message: str | None
) -> None:
    ada = staff(convex)
    load(ada, "insert", PEOPLE[:1])
    found = load(ada, mode, PEOPLE)
    assert {key: found[key] for key in done} == done
    assert [error["message"] for error in found["errors"]] == ([] if message is None else [message])


def test_an_update_replaces_what_the_row_has(convex: Deployment) -> None:
    ada = staff(convex)
    load(ada, "insert", PEOPLE[:1])
    load(ada, "update", [{"code": "B1", "name": "Defne Ak", "email": "ak@example.com"}])
    assert fields(convex, "beneficiaries") == [
        {"code": "B1", "name": "Defne Ak", "email": "ak@example.com", "status": "active", "received": 0}
    ]


def test_a_bad_row_fails_alone_and_is_named(convex: Deployment) -> None:
    bad: list[dict[str, Any]] = [
        {"code": "", "name": 7, "phone": "123", "email": "nobody"},
        {"code": "B4", "name": "Gül", "status": "gone"},
    ]
    found = load(staff(convex), "insert", [PEOPLE[0], *bad, PEOPLE[1]])
    assert (found["inserted"], found["failed"]) == (2, 2)
    assert found["errors"] == [
        {"row": 2, "field": "code", "message": "is missing"},
        {"row": 2, "field": "name", "message": "is missing"},
        {"row": 2, "field": "phone", "message": "is no Turkish mobile number"},
        {"row": 2, "field": "email", "message": "is no e-mail address"},
        {"row": 3, "field": "status", "message": "is none of active, inactive"},
    ]
    assert [person["code"] for person in convex.db.table("beneficiaries")] == ["B1", "B2"]


def test_what_a_bad_row_has_written_is_undone(convex: Deployment) -> None:
    ada = staff(convex)
    load(ada, "insert", PEOPLE)
    rows = [donation("R1", 500), donation("R2", 700, "B9"), donation("R3", 900, "B2")]
    found = load(ada, "insert", rows, "donations")
    assert found["errors"] == [{"row": 2, "field": "beneficiary", "message": "is unknown"}]
    assert [given["receipt"] for given in convex.db.table("donations")] == ["R1", "R3"]
    assert received(convex) == {"B1": 500, "B2": 900}


def test_a_donation_that_moves_takes_its_amount_along(convex: Deployment) -> None:
    ada = staff(convex)
    load(ada, "insert", PEOPLE)
    load(ada, "insert", [donation("R1", 500), donation("R2", 100)], "donations")
    load(ada, "upsert", [donation("R1", 600, "B2"), donation("R2", 100, status="pledged")], "donations")
    assert received(convex) == {"B1": 0, "B2": 600}


def test_a_move_to_nobody_is_undone_on_both_sides(convex: Deployment) -> None:
    ada = staff(convex)
    load(ada, "insert", PEOPLE)
    load(ada, "insert", [donation("R1", 500)], "donations")
    assert load(ada, "update", [donation("R1", 500, "B9")], "donations")["failed"] == 1
    assert received(convex) == {"B1": 500, "B2": 0}


@pytest.mark.parametrize("amount", [0, -5, 1.5, "500", None, True])
def test_amounts_are_whole_and_positive(convex: Deployment, amount: Any) -> None:
    rows = [donation("R1", amount)]
    found = staff(convex).query("imports:check", {"collection": "donations", "rows": rows})
    error = {"row": 1, "field": "amount", "message": "is no whole number above 0"}
    assert found == {"valid": 0, "errors": [error]}


def test_a_check_writes_nothing(convex: Deployment) -> None:
    rows = [*PEOPLE, {"code": "B3"}]
    found = staff(convex).query("imports:check", {"collection": "beneficiaries", "rows": rows})
    assert found == {"valid": 2, "errors": [{"row": 3, "field": "name", "message": "is missing"}]}
    assert convex.db.table("beneficiaries") == []
    assert convex.db.table("auditLogs") == []


def test_an_import_has_at_most_five_hundred_rows(convex: Deployment) -> None:
    with pytest.raises(ConvexError) as caught:
        load(staff(convex), "insert", PEOPLE * 251)
    assert caught.value.data == {"code": "too-many-rows", "most": 500}
    assert convex.db.table("beneficiaries") == []


def test_only_staff_imports_and_exports(convex: Deployment) -> None:
    staff(convex)
    recipient(convex)
    bo = convex.as_user(subject="bo")
    for call in (
        lambda: load(bo, "insert", PEOPLE),
        lambda: bo.mutation("exports:download", {"collection": "donations", "format": "csv"}),
        lambda: bo.query(
            "audit:list", {"subject": "donations", "paginationOpts": {"numItems": 1, "cursor": None}}
        ),
    ):
        with pytest.raises(ConvexError) as caught:
            call()
        assert caught.value.data == {"code": "not-staff"}


# --- exports ------------------------------------------------------------------------------------------------


def export(caller: Caller, form: str, collection: str = "beneficiaries", **wanted: Any) -> Any:
    return caller.mutation("exports:download", {"collection": collection, "format": form, **wanted})


def test_an_export_as_json(convex: Deployment) -> None:
    ada = staff(convex)
    load(ada, "insert", PEOPLE)
    found = export(ada, "json")
    assert found == {
        "count": 2,
        "content": '[{"code":"B1","name":"Defne","phone":"+905321234567","email":"defne@example.com",'
        '"status":"active","received":0},{"code":"B2","name":"Emre","phone":null,"email":null,'
        '"status":"inactive","received":0}]',
    }
    assert [row["name"] for row in json.loads(found["content"])] == ["Defne", "Emre"]


def test_an_export_as_csv_reads_back(convex: Deployment) -> None:
    ada = staff(convex)
    names = ['Ali "the" Cook', "Çiçek, Ege", "two\nlines", "=1+1"]
    load(ada, "insert", [{"code": f"B{index}", "name": name} for index, name in enumerate(names)])
    content = export(ada, "csv")["content"]
    assert content.splitlines()[:2] == [
        "code,name,phone,email,status,received",
        'B0,"Ali ""the"" Cook",,,active,0',
    ]
    read = list(csv.DictReader(io.StringIO(content, newline="")))
    assert [row["name"] for row in read] == [*names[:3], "'=1+1"]


def test_an_empty_export_has_its_header(convex: Deployment) -> None:
    assert export(staff(convex), "csv", "donations") == {
        "count": 0,
        "content": "receipt,beneficiary,donor,amount,status\r\n",
    }


def test_an_export_is_filtered_by_status_and_by_date(convex: Deployment) -> None:
    ada = staff(convex)
    load(ada, "insert", PEOPLE[:1])
    days = [convex.now]
    for day in range(4):
        status = "received" if day % 2 else "pledged"
        load(ada, "insert", [donation(f"R{day}", 100, status=status)], "donations")
        convex.advance(days=1)
        days.append(convex.now)

    def receipts(**wanted: Any) -> list[str]:
        return [row["receipt"] for row in json.loads(export(ada, "json", "donations", **wanted)["content"])]

    assert receipts(status="received") == ["R1", "R3"]
    assert receipts(**{"from": days[1], "to": days[3]}) == ["R1", "R2"]
    assert receipts(status="pledged", **{"from": days[1]}) == ["R2"]
    assert receipts(status="lost") == []
    assert ada.query("exports:count", {"collection": "donations", "to": days[3]}) == 3


def test_an_export_that_is_too_large_is_refused(convex: Deployment) -> None:
    ada = staff(convex)
    for start in range(0, 1001, 500):
        rows = [{"code": f"B{start + index}", "name": "N"} for index in range(min(500, 1001 - start))]
        load(ada, "insert", rows)
    with pytest.raises(ConvexError) as caught:
        export(ada, "csv")
    assert caught.value.data == {"code": "too-many-rows", "most": 1000}
    assert [action for action, _ in lines(convex, "beneficiaries")] == ["import"] * 3


# --- the audit log ------------------------------------------------------------------------------------------


def test_the_audit_log_tells_who_did_what_and_when(convex: Deployment) -> None:
    ada = staff(convex)
    load(ada, "insert", [*PEOPLE, {}])
    imported = convex.now
    convex.advance(days=2)
    export(ada, "csv", status="active")
    first_page = {"subject": "beneficiaries", "paginationOpts": {"numItems": 10, "cursor": None}}
    (user,) = convex.db.table("users")
    page = ada.query("audit:list", first_page)["page"]
    assert [{**line, "at": int(line["at"])} for line in page] == [
        {
            "at": imported + 2 * 86_400_000,
            "actorId": user["_id"],
            "action": "export",
            "details": {"format": "csv", "count": 1},
        },
        {
            "at": imported,
            "actorId": user["_id"],
            "action": "import",
            "details": {"mode": "insert", "inserted": 2, "updated": 0, "failed": 1},
        },
    ]
