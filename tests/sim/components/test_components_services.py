"""Scheduled functions, cron jobs, files and routes of components (semantics §8 to §10, §12.1, §12.4)."""

from __future__ import annotations

from biconvex.sim import Deployment
from component_kit import ask, error_of, tell

# Scheduled functions and cron jobs.


def test_a_component_has_its_own_scheduled_functions(counting: Deployment) -> None:
    tell(counting, "counter.public.addLater", name="a", seconds=60)
    assert counting.query("m:jobs") == []
    jobs = counting.component("counter").db.table("_scheduled_functions")
    assert [(job["name"], job["state"]["kind"]) for job in jobs] == [("public.js:hidden", "pending")]
    counting.advance(seconds=60)
    assert ask(counting, "counter.public.count", name="a") == 1
    assert counting.component("counter").db.table("_scheduled_functions")[0]["state"] == {"kind": "success"}


def test_a_component_cancels_its_own_jobs_and_no_others(counting: Deployment) -> None:
    job = tell(counting, "counter.public.addLater", name="a", seconds=60)
    tell(counting, "second.public.cancel", id=job)
    assert counting.component("counter").db.table("_scheduled_functions")[0]["state"] == {"kind": "pending"}
    tell(counting, "counter.public.cancel", id=job)
    counting.advance(minutes=5)
    assert ask(counting, "counter.public.count", name="a") == 0


def test_what_a_cancelled_action_of_a_component_goes_on_to_schedule_is_cancelled_as_well(
    counting: Deployment,
) -> None:
    job = tell(counting, "counter.public.startSlow")
    counting.advance(seconds=30)
    tell(counting, "counter.public.cancel", id=job)
    counting.advance(hours=1)
    jobs = counting.component("counter").db.table("_scheduled_functions")
    assert [(job["name"], job["state"]["kind"]) for job in jobs] == [
        ("public.js:slow", "canceled"),
        ("public.js:hidden", "canceled"),
    ]


def test_the_app_schedules_a_function_of_a_component_as_its_own_job(counting: Deployment) -> None:
    counting.mutation("m:schedule", {"of": "counter.public.add", "args": {"name": "a", "count": 4}})
    assert [job["name"] for job in counting.query("m:jobs")] == ["public.js:add"]
    counting.advance(seconds=1)
    assert ask(counting, "counter.public.count", name="a") == 4
    assert counting.query("m:jobs")[0]["state"] == {"kind": "success"}


def test_a_component_schedules_a_function_of_the_app_by_its_handle(counting: Deployment) -> None:
    handle = counting.query("m:handle")
    tell(counting, "counter.public.callLater", handle=handle, args={"text": "later"})
    assert len(counting.component("counter").db.table("_scheduled_functions")) == 1
    counting.run_until_idle()
    assert [note["text"] for note in counting.db.table("notes")] == ["later"]


def test_scheduling_what_is_not_there_fails_at_once(counting: Deployment) -> None:
    assert "not found" in error_of(counting.mutation, "m:schedule", {"of": "nowhere.a.b", "args": {}})


def test_finished_jobs_of_a_component_are_deleted_after_a_week(counting: Deployment) -> None:
    tell(counting, "counter.public.addLater", name="a", seconds=60)
    counting.advance(days=7, minutes=2)
    assert counting.component("counter").db.table("_scheduled_functions") == []


def test_every_instance_runs_its_cron_jobs(counting: Deployment) -> None:
    counting.advance(hours=3, minutes=30)
    assert [ask(counting, f"{name}.public.count", name="ticks") for name in ("counter", "second")] == [4, 4]
    assert list(counting.crons) == ["tick@counter", "tick@second"]


# Files.


def test_files_of_a_component_are_its_own(counting: Deployment) -> None:
    stored = counting.action(
        "m:act", {"kind": "runAction", "of": "counter.public.store", "args": {"text": "hello"}}
    )
    url = ask(counting, "counter.public.fileUrl", id=stored)
    assert counting.fetch(url).body == b"hello"
    assert ask(counting, "second.public.fileUrl", id=stored) is None
    assert counting.db.table("_storage") == []
    assert len(counting.component("counter").db.table("_storage")) == 1


def test_a_component_lists_and_deletes_its_own_files(counting: Deployment) -> None:
    stored = counting.action(
        "m:act", {"kind": "runAction", "of": "counter.public.store", "args": {"text": "hello"}}
    )
    url = ask(counting, "counter.public.fileUrl", id=stored)
    assert [file["_id"] for file in ask(counting, "counter.public.files")] == [stored]
    assert ask(counting, "second.public.files") == []
    assert error_of(tell, counting, "second.public.removeFile", id=stored).endswith(
        f"storage id {stored} not found"
    )
    tell(counting, "counter.public.removeFile", id=stored)
    assert ask(counting, "counter.public.files") == []
    assert counting.fetch(url).status == 404


def test_an_upload_goes_to_the_component_that_gave_the_url(counting: Deployment) -> None:
    url = tell(counting, "counter.public.uploadUrl")
    stored = counting.fetch(url, method="POST", body="hello").json()["storageId"]
    assert ask(counting, "counter.public.fileUrl", id=stored) is not None
    assert ask(counting, "second.public.fileUrl", id=stored) is None


# HTTP.


def test_routes_of_a_mounted_component_answer_below_its_prefix(counting: Deployment) -> None:
    response = counting.as_user(subject="ann").fetch("/counting/hook", method="POST")
    assert response.json() == {
        "value": 1,
        "url": "https://anonymous-biconvex.convex.site/counting/hook",
        "identity": None,
    }
    assert counting.fetch("/counting/any/where").text == "counter: /counting/any/where"
    assert ask(counting, "second.public.count", name="hooks") == 0


def test_routes_that_are_not_mounted_do_not_answer(counting: Deployment) -> None:
    assert (counting.fetch("/hook", method="POST").status, counting.fetch("/counting/nothing").status) == (
        404,
        404,
    )
    assert counting.fetch("/counting/nothing").text == "No matching routes found"
