"""Cron jobs at work, in both languages (semantics §9)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from biconvex.sim import Deployment, ProjectError, UsageError

MINUTE_MS = 60_000
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z, a Thursday

CRONS = {
    "typescript": (
        'import { cronJobs } from "convex/server";\nconst crons = cronJobs();\nCRONS\nexport default crons;\n'
    ),
    "python": "crons = cron_jobs()\nCRONS\n",
}
JOBS = {
    "typescript": """
export const note = internalMutation({
  args: { text: v.optional(v.string()) },
  handler: async (ctx, { text }) => {
    const known = (await ctx.auth.getUserIdentity()) !== null;
    await ctx.db.insert("notes", { text: text ?? "", at: Date.now(), known });
    if (text === "bad") throw new Error("no good");
  },
});
export const slow = internalAction({
  args: { seconds: v.number() },
  handler: async (ctx, { seconds }) => {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    await ctx.runMutation(internal.m.note, { text: "slow" });
  },
});
export const failing = internalAction({ args: {}, handler: async () => { throw new Error("out of order"); } });
export const look = query({ args: {}, handler: async () => 1 });
""",
    "python": """
@internal_mutation(args={"text": v.optional(v.string())})
async def note(ctx, args):
    known = await ctx.auth.get_user_identity() is not None
    text = args.get("text", "")
    await ctx.db.insert("notes", {"text": text, "at": now_ms(), "known": known})
    if text == "bad":
        raise Exception("no good")

@internal_action(args={"seconds": v.number()})
async def slow(ctx, args):
    await asyncio.sleep(args["seconds"])
    await ctx.run_mutation(internal.m.note, {"text": "slow"})

@internal_action(args={})
async def failing(ctx, args): raise Exception("out of order")

@query(args={})
async def look(ctx, args): return 1
""",
}


@pytest.fixture
def deploy(backend: Any) -> Any:
    """Deploy jobs, each given as builder, name, when, function and arguments."""

    def make(*crons: tuple[Any, ...], **options: Any) -> Deployment:
        def sources(language: str) -> dict[str, str]:
            lines = "\n".join(_line(language, *cron) for cron in crons)
            return {"m": JOBS[language], "crons": CRONS[language].replace("CRONS", lines)}

        options.setdefault("cron_splay", False)
        return backend(typescript=sources("typescript"), python=sources("python"), **options)

    return make


def _line(language: str, method: str, name: str, when: Any, function: str, args: Any = None) -> str:
    given = [repr(name), repr(when), f"internal.m.{function}", *([] if args is None else [repr(args)])]
    return f"crons.{method}({', '.join(given)})" + (";" if language == "typescript" else "")


def notes(convex: Deployment) -> list[float]:
    """When the notes were made, in minutes since the start."""
    return [(row["at"] - START_MS) / MINUTE_MS for row in convex.db.table("notes")]


def test_an_interval_runs_at_once_and_then_every_so_often(deploy: Any) -> None:
    convex = deploy(("interval", "sweep", {"minutes": 5}, "note", {"text": "x"}))
    convex.advance(minutes=12)
    assert notes(convex) == [0, 5, 10]
    assert [row["text"] for row in convex.db.table("notes")] == ["x", "x", "x"]


@pytest.mark.parametrize(
    ("method", "when", "minutes"),
    [
        ("hourly", {"minuteUTC": 30}, [30, 90, 150]),
        ("daily", {"hourUTC": 1, "minuteUTC": 15}, [75, 1515, 2955]),
        ("weekly", {"dayOfWeek": "friday", "hourUTC": 0, "minuteUTC": 0}, [1440, 11_520]),
        ("monthly", {"day": 31, "hourUTC": 12, "minuteUTC": 0}, [43_920, 128_880]),
        ("cron", "*/20 * * * *", [20, 40, 60]),
    ],
)
def test_a_schedule_runs_when_it_says(deploy: Any, method: str, when: Any, minutes: list[int]) -> None:
    convex = deploy((method, "job", when, "note"))
    convex.advance(minutes=minutes[-1])
    assert notes(convex) == minutes


@pytest.mark.parametrize(
    ("method", "when", "least", "most"),
    [
        ("daily", {"hourUTC": 1, "minuteUTC": 15}, 75, 76),
        ("cron", "15 1 * * *", 75, 76),
        ("daily", {"hourUTC": 1}, 60, 120),
        ("hourly", {}, 0, 60),
    ],
)
def test_a_job_runs_some_seconds_late_and_every_time_as_many(
    deploy: Any, method: str, when: Any, least: int, most: int
) -> None:
    delays = set()
    for seed in range(8):
        convex = deploy((method, "job", when, "note"), cron_splay=True, seed=seed)
        convex.advance(days=3)
        period_ms = (60 if method == "hourly" else 1440) * MINUTE_MS
        times = [row["at"] - START_MS for row in convex.db.table("notes")]
        assert least * MINUTE_MS <= times[0] < most * MINUTE_MS
        assert times == [times[0] + period_ms * index for index in range(len(times))]
        delays.add(times[0])
    assert len(delays) > 4


def test_a_job_has_no_identity_and_may_call_internal_functions(deploy: Any) -> None:
    convex = deploy(("interval", "job", {"hours": 1}, "slow", {"seconds": 1}))
    convex.advance(minutes=1)
    assert [row["known"] for row in convex.db.table("notes")] == [False]


def test_a_run_that_fails_is_recorded_and_the_next_one_comes(deploy: Any) -> None:
    convex = deploy(("interval", "job", {"minutes": 1}, "note", {"text": "bad"}))
    convex.advance(seconds=90)
    job = convex.crons["job"]
    assert convex.db.table("notes") == []
    assert [run.scheduled_ms - START_MS for run in job.runs] == [0, MINUTE_MS]
    assert [run.error.splitlines()[0] for run in job.runs if run.error] == ["Uncaught Error: no good"] * 2


def test_an_action_that_fails_is_not_run_again_before_it_is_due(deploy: Any) -> None:
    convex = deploy(("interval", "job", {"hours": 1}, "failing"))
    convex.advance(minutes=59)
    assert convex.crons["job"].completed == 1


def test_an_interval_that_overlaps_leaves_out_the_runs_that_it_missed(deploy: Any) -> None:
    convex = deploy(("interval", "job", {"minutes": 1}, "slow", {"seconds": 150}))
    convex.advance(minutes=7)
    assert notes(convex) == [2.5, 5.5]
    assert convex.crons["job"].skipped == 4
    finding = convex.findings[0]
    assert (finding.rule, finding.function) == ("overlapping-cron", "m:slow")
    assert finding.message == (
        "The cron job 'job' (every 1 minutes) was still running when it was due again: the run took 150 s, and "
        "2 runs were left out. Make the run shorter, or the schedule longer."
    )


def test_a_schedule_that_overlaps_goes_on_at_its_next_time(deploy: Any) -> None:
    convex = deploy(("cron", "job", "* * * * *", "slow", {"seconds": 90}))
    convex.advance(minutes=6)
    assert notes(convex) == [2.5, 4.5]
    assert convex.crons["job"].skipped == 2


def test_a_run_that_ends_before_it_is_due_again_is_no_overlap(deploy: Any) -> None:
    convex = deploy(("interval", "job", {"minutes": 1}, "slow", {"seconds": 59}))
    convex.advance(minutes=5)
    assert convex.findings == []


def test_jobs_are_known_by_name_with_their_schedule_and_next_time(deploy: Any) -> None:
    convex = deploy(
        ("interval", "sweep", {"minutes": 5}, "note"),
        ("daily", "report", {"hourUTC": 6, "minuteUTC": 30}, "note"),
    )
    assert {name: (job.schedule, job.function) for name, job in convex.crons.items()} == {
        "report": ("daily at 06:30 UTC", "m:note"),
        "sweep": ("every 5 minutes", "m:note"),
    }
    assert convex.crons["report"].next_ms == START_MS + 390 * MINUTE_MS
    with pytest.raises(UsageError) as caught:
        convex.crons["reports"]
    assert str(caught.value) == "There is no cron job 'reports'. The backend's are: 'report', 'sweep'."


def test_only_the_last_five_runs_are_kept(deploy: Any) -> None:
    convex = deploy(("interval", "job", {"minutes": 1}, "note"))
    convex.advance(minutes=9)
    assert (convex.crons["job"].completed, len(convex.crons["job"].runs)) == (10, 5)


def test_run_until_idle_leaves_crons_alone(deploy: Any) -> None:
    convex = deploy(("interval", "job", {"minutes": 1}, "note"))
    convex.run_until_idle()
    assert convex.now == START_MS


def test_a_job_whose_arguments_are_refused_fails_at_each_run(deploy: Any) -> None:
    convex = deploy(("interval", "job", {"minutes": 1}, "note", {"text": 5}))
    convex.advance(seconds=30)
    error = convex.crons["job"].runs[0].error
    assert error is not None
    assert error.startswith("ArgumentValidationError: Value does not match validator.\nPath: .text")


@pytest.mark.parametrize(
    ("cron", "message"),
    [
        (("interval", "job", {"minutes": 1}, "look"), "The cron job 'job' schedules a query function, only actions and mutations can be scheduled: m.js:look"),
        (("interval", "job", {"minutes": 1}, "nothing"), "The cron job 'job' schedules a function that does not exist: m:nothing"),
        (("cron", "job", "* * * *", "note"), "the cron job 'job' has the schedule '* * * *': it has 4 fields instead of 5 (minute, hour, day of month, month, day of week)"),
        (("cron", "job", "0 0 30 2 *", "note"), "the cron job 'job' has the schedule '0 0 30 2 *': The cron spec \"0 0 30 2 *\" will never match any time"),
        (("cron", "job", "0 0 * * 7", "note"), "the cron job 'job' has the schedule '0 0 * * 7': its day of week is '7', and the value 7 is not within 0 and 6 (Sunday is 0)"),
    ],
    ids=["a query", "no such function", "too few fields", "never", "seven"],
)  # fmt: skip
def test_a_job_that_can_not_run_is_refused_at_load(deploy: Any, cron: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ProjectError) as caught:
        deploy(cron)
    assert str(caught.value).partition(": ")[2] == message


def test_two_jobs_of_one_name_are_refused_at_load(deploy: Any) -> None:
    job = ("interval", "twice", {"minutes": 1}, "note")
    with pytest.raises(ProjectError, match="Cron identifier registered twice: twice"):
        deploy(job, job)


def test_a_month_of_crons_is_the_same_for_the_same_seed_and_another_for_another(deploy: Any) -> None:
    def month(seed: int) -> str:
        convex = deploy(
            ("daily", "report", {"hourUTC": 6, "minuteUTC": 30}, "note"),
            ("hourly", "tidy", {}, "slow", {"seconds": 3}),
            cron_splay=True,
            seed=seed,
            start=datetime(2026, 2, 1, tzinfo=UTC),
        )
        convex.advance(days=28)
        return str(convex.trace.digest)

    assert month(3) == month(3) != month(4)
