"""Actions that ask other services, alone and between queries and mutations; a package of npm; jobs for later."""

from __future__ import annotations

import pytest
from actions_kit import MODEL, WORKER
from biconvex.sim import ConvexError, Deployment, FunctionError


def test_an_action_gives_what_another_service_says(convex: Deployment) -> None:
    assert convex.action("assistant:ask", {"prompt": "hello"}) == "You said: hello"
    assert [(request.method, request.url) for request in convex.outbound.requests] == [("POST", MODEL)]
    assert convex.outbound.requests[0].header("authorization") == "Bearer key"


def test_a_service_that_is_down_is_an_error_that_clients_can_read(convex: Deployment) -> None:
    convex.outbound.on("POST", MODEL, status=429)
    with pytest.raises(ConvexError) as caught:
        convex.action("assistant:ask", {"prompt": "hello"})
    assert caught.value.data == {"code": "MODEL_UNAVAILABLE", "status": 429}


def test_an_action_reads_and_writes_through_internal_functions(convex: Deployment) -> None:
    message = convex.mutation("messages:send", {"content": "hello"})
    assert convex.action("messages:process", {"messageId": message}) == "You said: hello"
    assert convex.db.get(message)["response"] == "You said: hello"
    assert [(run.function, run.kind) for run in convex.trace.runs()][1:] == [
        ("messages:process", "action"),
        ("messages:read", "query"),
        ("messages:respond", "mutation"),
    ]


def test_the_first_response_to_a_message_stays(convex: Deployment) -> None:
    message = convex.mutation("messages:send", {"content": "hello"})
    convex.action("messages:process", {"messageId": message})
    convex.outbound.on("POST", MODEL, json={"choices": [{"message": {"content": "something else"}}]})
    assert convex.action("messages:process", {"messageId": message}) == "You said: hello"


@pytest.mark.parametrize("function", ["messages:read", "messages:respond", "tasks:finish", "orders:pay"])
def test_clients_cannot_call_internal_functions(convex: Deployment, function: str) -> None:
    with pytest.raises(FunctionError) as caught:
        convex.run(function, {})
    assert caught.value.message.startswith(f"Could not find public function for '{function}'.")


def test_a_mutation_schedules_an_action_for_five_minutes_later(convex: Deployment) -> None:
    convex.outbound.on("POST", WORKER, text="done", latency_ms=60_000)
    task = convex.mutation("tasks:create", {"name": "clean up"})
    convex.advance(milliseconds=5 * 60 * 1000 - 1)
    assert convex.outbound.requests == []
    convex.advance(milliseconds=1)
    assert [request.text for request in convex.outbound.requests] == ["clean up"]
    assert convex.query("tasks:result", {"taskId": task}) is None
    convex.advance(minutes=1)
    assert convex.query("tasks:result", {"taskId": task}) == "done"


def test_a_job_that_fails_is_not_run_again(convex: Deployment) -> None:
    convex.outbound.on("POST", WORKER, status=500)
    convex.mutation("tasks:create", {"name": "clean up"})
    convex.advance(days=6)
    assert len(convex.outbound.requests) == 1
    assert [job["state"]["kind"] for job in convex.db.table("_scheduled_functions")] == ["failed"]


PRICES = """\
sku,title,price
A1,"Lens, convex",12.50

B2,"A ""big"" one",100
"""


def test_a_package_of_npm_reads_a_price_list(convex: Deployment) -> None:
    assert convex.action("prices:load", {"csv": PRICES}) == 2
    assert [
        (product["sku"], product["title"], product["price"]) for product in convex.db.table("products")
    ] == [("A1", "Lens, convex", 12.5), ("B2", 'A "big" one', 100)]


def test_a_price_list_is_written_by_one_mutation_and_only_where_it_differs(convex: Deployment) -> None:
    convex.action("prices:load", {"csv": PRICES})
    assert convex.action("prices:load", {"csv": PRICES.replace("100", "99")}) == 1
    assert [run.function for run in convex.trace.runs()] == ["prices:load", "products:save"] * 2
    assert [product["price"] for product in convex.db.table("products")] == [12.5, 99]


@pytest.mark.parametrize("row", ["C3,Mirror", "C3,Mirror,cheap", "C3,Mirror,1,2"])
def test_a_bad_row_is_named_and_nothing_is_written(convex: Deployment, row: str) -> None:
    with pytest.raises(ConvexError) as caught:
        convex.action("prices:load", {"csv": PRICES + row})
    assert caught.value.data == {"code": "BAD_ROW", "row": 3}
    assert convex.db.table("products") == []
