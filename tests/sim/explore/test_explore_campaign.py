"""Campaigns: the same results in any number of jobs, in shards, after an interrupt and after a death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest
from biconvex.sim import UsageError
from biconvex.sim.explore.campaign import run_campaign, shard_of
from biconvex.sim.explore.results import SeedOutcome, merged, read_results
from biconvex.sim.explore.tasks import FuzzTask, SimulationTask, Task

BACKEND = """
from biconvex.sim.server import *
from biconvex.sim.values import v

@action(args={})
async def add(ctx, args):
    count = await ctx.run_query(internal.m.read, {})
    await ctx.run_mutation(internal.m.write, {"count": count + 1})

@internal_query(args={})
async def read(ctx, args):
    found = await ctx.db.query("counters").first()
    return 0 if found is None else found["count"]

@internal_mutation(args={"count": v.number()})
async def write(ctx, args):
    found = await ctx.db.query("counters").first()
    if found is None:
        await ctx.db.insert("counters", args)
    else:
        await ctx.db.patch(found["_id"], args)

@mutation(args={})
async def later(ctx, args):
    await ctx.scheduler.run_after(1000, api.m.add, {})
"""
TEST = """
import os
from pathlib import Path
from biconvex.sim.explore import simulate

@simulate(seeds=10, project="backend")
def test_every_addition_counts(convex, choices):
    for _ in range(2):
        convex.mutation("m:later")
        convex.advance(seconds=convex.seed % 2 * 5)
    convex.run_until_idle()
    assert convex.db.table("counters")[0]["count"] == 2

@simulate(seeds=10, project="backend")
def test_dies(convex, choices):
    if convex.seed == 3:
        flag = Path(__file__).with_name("died")
        if not flag.exists() or flag.read_text() == "always":
            flag.exists() or flag.write_text("once")
            os._exit(9)
    convex.mutation("m:later")

@simulate(seeds=10, project="backend")
def test_slow(convex, choices):
    import time
    time.sleep(0.05)
    convex.mutation("m:later")
"""


@pytest.fixture(scope="module")
def tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of simulation tests, and the backend that they are of."""
    folder = tmp_path_factory.mktemp("campaign")
    (folder / "backend").mkdir()
    (folder / "backend" / "m.py").write_text(BACKEND)
    (folder / "test_counter.py").write_text(TEST)
    return folder / "test_counter.py"


@pytest.fixture
def additions(tests: Path) -> Task:
    return SimulationTask(f"{tests}::test_every_addition_counts")


def test_a_campaign_has_the_same_results_in_any_number_of_jobs(additions: Task, tmp_path: Path) -> None:
    files = [tmp_path / f"{jobs}.jsonl" for jobs in (1, 2, 3)]
    runs = [run_campaign(additions, range(12), results=file, jobs=jobs) for jobs, file in enumerate(files, 1)]
    assert runs[0] == runs[1] == runs[2]
    assert {outcome.failed for outcome in runs[0]} == {True, False}
    assert merged([files[0]]) == merged([files[2]])


def test_shards_have_each_seed_once_and_merge_to_the_whole(additions: Task, tmp_path: Path) -> None:
    seeds = range(5, 17)
    files = [tmp_path / f"{shard}.jsonl" for shard in (1, 2, 3)]
    for shard, file in enumerate(files, 1):
        run_campaign(additions, shard_of(seeds, shard, 3), results=file)
    assert merged(files)[1] == run_campaign(additions, seeds)


def test_a_campaign_goes_on_from_its_file(additions: Task, tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    run_campaign(additions, range(6), results=file)
    with file.open("ab") as cut:
        cut.write(b'{"seed":6,"fai')  # killed in the middle of a line
    heard: list[SeedOutcome] = []
    outcomes = run_campaign(additions, range(9), results=file, heard=heard.append)
    assert [outcome.seed for outcome in heard] == [6, 7, 8]
    assert outcomes == run_campaign(additions, range(9)) == list(read_results(file)[1].values())


def test_any_executor_will_do(additions: Task) -> None:
    executor: Executor
    with ThreadPoolExecutor(1) as executor:
        assert run_campaign(additions, range(5), executor=executor) == run_campaign(additions, range(5))


@pytest.fixture
def died(tests: Path) -> Iterator[Path]:
    flag = tests.with_name("died")
    yield flag
    flag.unlink(missing_ok=True)


def test_a_seed_whose_process_dies_is_tried_again(tests: Path, died: Path) -> None:
    outcomes = run_campaign(SimulationTask(f"{tests}::test_dies"), range(6), jobs=2)
    assert died.exists()
    assert [outcome.failed for outcome in outcomes] == [False] * 6


def test_a_seed_that_always_kills_its_process_is_named_and_the_others_come_through(
    tests: Path, died: Path
) -> None:
    died.write_text("always")
    outcomes = run_campaign(SimulationTask(f"{tests}::test_dies"), range(6), jobs=2)
    assert [outcome.headline for outcome in outcomes if outcome.failed] == [
        "the process that ran it died 3 times"
    ]
    assert outcomes[3].failed


def test_an_interrupted_campaign_keeps_what_it_has_and_goes_on(tests: Path, tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    command = [
        Path(sys.executable).with_name("biconvex"), "campaign", f"{tests}::test_slow", "--seeds", "0:400", "--jobs", "2",
        "--results", file,
    ]  # fmt: skip
    process = subprocess.Popen(
        list(map(str, command)), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not file.exists() or file.read_bytes().count(b"\n") < 5:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"of 400 seeds. Run the same command to go on: {file} has them." in said
    known = read_results(file)[1]
    heard: list[SeedOutcome] = []
    run_campaign(
        SimulationTask(f"{tests}::test_slow"), range(len(known) + 3), results=file, heard=heard.append
    )
    assert not {outcome.seed for outcome in heard} & known.keys()


def test_a_project_is_fuzzed_in_several_processes(tests: Path) -> None:
    task = FuzzTask(str(tests.with_name("backend")), runs=3, max_calls=5)
    assert run_campaign(task, range(3), jobs=2) == run_campaign(task, range(3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hello\n", "has no results of a campaign"),
        ('{"format":"biconvex-campaign","version":9,"task":{}}\n', "has version 9 of the format of results, and this Biconvex reads 1"),
        ('{"format":"biconvex-campaign","version":1,"task":{}}\n', "has the results of another campaign: {}"),
        ('{"format":"biconvex-campaign","version":1,"task":{}}\n{"seed":"x"}\n', "is damaged"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_the_campaigns_own_is_left_alone(
    additions: Task, tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text(content)
    with pytest.raises(UsageError, match=message):
        run_campaign(additions, range(2), results=file)
    assert file.read_text() == content


def test_the_commands_run_shards_and_merge_them(tests: Path, tmp_path: Path) -> None:
    def biconvex(*arguments: object) -> tuple[int, str]:
        command = [str(Path(sys.executable).with_name("biconvex")), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    target = f"{tests}::test_every_addition_counts"
    files = [tmp_path / f"{shard}.jsonl" for shard in (1, 2)]
    for shard, file in enumerate(files, 1):
        biconvex("campaign", target, "--seeds", "0:8", "--shard", f"{shard}/2", "--results", file)
    code, said = biconvex("merge", *files, "-o", tmp_path / "all.jsonl")
    assert code == 1
    assert said.splitlines()[-1].startswith("8 seeds, ")
    assert said == biconvex("campaign", target, "--seeds", "0:8")[1]
    assert len(read_results(tmp_path / "all.jsonl")[1]) == 8
    assert biconvex("campaign", target, "--shard", "3/2")[0] == 2
