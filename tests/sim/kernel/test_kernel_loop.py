"""The event loop: whose turn it is, what time it is, and what happens when nothing can go on."""

from __future__ import annotations

import pytest
from biconvex.sim.kernel import CancelledTask, Choices, Clock, Future, Kernel, Stalled
from hypothesis import given
from hypothesis import strategies as st


def make_kernel(seed: int = 0) -> Kernel:
    return Kernel(Clock(1_000), Choices(seed))


def test_timers_fire_in_order_of_time_and_equal_times_in_order_of_their_setting() -> None:
    kernel = make_kernel()
    log: list[tuple[int, str]] = []
    for at, name in [(1_030, "c"), (1_010, "a"), (1_030, "d"), (1_020, "b")]:
        kernel.call_at(at, lambda name=name: log.append((kernel.clock.now_ns, name)))
    kernel.run_until(1_100)
    assert log == [(1_010, "a"), (1_020, "b"), (1_030, "c"), (1_030, "d")]


def test_what_timers_of_one_instant_start_runs_side_by_side() -> None:
    orders = set()
    for seed in range(20):
        kernel = make_kernel(seed)
        log: list[str] = []

        async def body(name: str, log: list[str] = log, kernel: Kernel = kernel) -> None:
            for _ in range(2):
                log.append(name)
                await kernel.turn()

        for name in "ab":
            kernel.call_at(1_010, lambda name=name, kernel=kernel, body=body: kernel.spawn(body(name), name))
        kernel.run_until(1_010)
        orders.add("".join(log))
    assert orders == {"aabb", "abab", "abba", "baab", "baba", "bbaa"}


def test_running_until_a_time_stands_at_that_time_even_if_nothing_happened() -> None:
    kernel = make_kernel()
    kernel.run_until(5_000)
    assert kernel.clock.now_ns == 5_000


def test_a_timer_beyond_the_time_asked_for_waits() -> None:
    kernel = make_kernel()
    fired: list[int] = []
    kernel.call_at(2_001, lambda: fired.append(1))
    kernel.run_until(2_000)
    assert fired == []
    assert kernel.next_timer_ns == 2_001


def test_a_cancelled_timer_neither_fires_nor_counts_as_next() -> None:
    kernel = make_kernel()
    fired: list[int] = []
    kernel.call_at(2_000, lambda: fired.append(1)).cancel()
    kernel.run_until(3_000)
    assert fired == []
    assert kernel.next_timer_ns is None


def test_a_timer_in_the_past_fires_now() -> None:
    kernel = make_kernel()
    times: list[int] = []
    kernel.call_at(1, lambda: times.append(kernel.clock.now_ns))
    kernel.run_until(1_000)
    assert times == [1_000]


def test_sleeping_moves_the_clock_by_exactly_the_delay() -> None:
    kernel = make_kernel()

    async def body() -> int:
        await kernel.sleep(250)
        return kernel.clock.now_ns

    assert kernel.run_until_done(kernel.spawn(body(), "sleeper")) == 1_250


def test_the_error_of_a_task_reaches_whoever_awaits_it() -> None:
    kernel = make_kernel()

    async def failing() -> None:
        raise LookupError("inner")

    async def outer() -> str:
        try:
            await kernel.spawn(failing(), "failing")
        except LookupError as error:
            return f"caught {error}"
        return "nothing"

    assert kernel.run_until_done(kernel.spawn(outer(), "outer")) == "caught inner"


def test_the_error_of_a_task_that_nobody_awaits_is_not_swallowed() -> None:
    kernel = make_kernel()

    async def failing() -> None:
        raise LookupError("unheard")

    kernel.spawn(failing(), "failing")
    with pytest.raises(LookupError, match=r"^unheard$"):
        kernel.run_until(2_000)


def test_a_task_that_nothing_can_wake_is_reported_by_name() -> None:
    kernel = make_kernel()
    never: Future[None] = Future()

    async def body() -> None:
        await never

    with pytest.raises(Stalled, match=r"^nothing is left that could finish the waiting one$"):
        kernel.run_until_done(kernel.spawn(body(), "the waiting one"))


def test_a_cancelled_task_runs_its_cleanup_and_no_more() -> None:
    kernel = make_kernel()
    log: list[str] = []

    async def body() -> None:
        try:
            await kernel.sleep(100)
            log.append("woke")
        finally:
            log.append("cleaned up")

    task = kernel.spawn(body(), "body")
    kernel.run_until(1_050)
    kernel.cancel(task)
    kernel.run_until(2_000)
    assert log == ["cleaned up"]
    with pytest.raises(CancelledTask):
        task.result()


def test_the_loop_refuses_to_be_run_from_inside_itself() -> None:
    kernel = make_kernel()
    kernel.call_at(1_010, lambda: kernel.run_until(9_000))
    with pytest.raises(RuntimeError, match="the simulation is running"):
        kernel.run_until(2_000)


def test_a_turn_among_no_others_changes_nothing() -> None:
    kernel = make_kernel()

    async def body() -> str:
        await kernel.turn()
        return "done"

    assert kernel.run_until_done(kernel.spawn(body(), "alone")) == "done"


def interleaving(seed: int, tasks: int = 3, turns: int = 4) -> list[str]:
    kernel = make_kernel(seed)
    log: list[str] = []

    async def body(name: str) -> None:
        for turn in range(turns):
            log.append(f"{name}{turn}")
            await kernel.turn()

    for index in range(tasks):
        kernel.spawn(body("abc"[index]), f"task {index}")
    kernel.run_until(1_000)
    return log


@given(st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_interleaving_and_keeps_each_tasks_own_order(seed: int) -> None:
    log = interleaving(seed)
    assert log == interleaving(seed)
    for name in "abc":
        assert [entry for entry in log if entry[0] == name] == [f"{name}{turn}" for turn in range(4)]


def test_seeds_reach_different_interleavings() -> None:
    assert len({tuple(interleaving(seed)) for seed in range(50)}) > 25


def test_settling_runs_what_is_ready_and_lets_no_time_pass() -> None:
    kernel = make_kernel()
    log: list[str] = []

    async def body() -> None:
        log.append("ready")
        await kernel.sleep(10)
        log.append("later")

    kernel.spawn(body(), "body")
    kernel.call_at(1_000, lambda: log.append("due now"))
    kernel.settle()
    assert (log, kernel.clock.now_ns) == (["ready"], 1_000)


def test_settling_from_inside_the_simulation_leaves_it_to_its_course() -> None:
    kernel = make_kernel()
    log: list[str] = []

    async def other() -> None:
        log.append("other")

    async def body() -> None:
        kernel.spawn(other(), "other")
        kernel.settle()
        log.append("body")

    kernel.run_until_done(kernel.spawn(body(), "body"))
    assert log == ["body", "other"]
