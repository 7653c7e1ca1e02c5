"""The fuzzer as a state machine of Hypothesis: it draws steps, and Hypothesis shrinks those that lead to a finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from biconvex.sim.deployment import Deployment
from biconvex.sim.explore.pruning import Pruned
from biconvex.sim.explore.session import Found, FuzzFinding, Rules, Session
from biconvex.sim.explore.steps import Call, Request, Together, Wait
from biconvex.sim.explore.strategies import Arguments
from biconvex.sim.kernel import Choices
from biconvex.sim.runtime import RegisteredFunction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

__all__ = ["Enough", "Hunt", "machine_for"]

_REPEATED: Final = 1_100
_MOST_DECISIONS: Final = 200
_SUBJECTS: Final = st.sampled_from((None, "ada", "ben"))
_SHORT_WAITS: Final = (("seconds", 1), ("milliseconds", 100), ("minutes", 1), ("hours", 1))
_WAITS: Final = (*_SHORT_WAITS, ("days", 1), ("days", 31))
_METHODS: Final = ("query", "mutation", "action")


class Enough(BaseException):
    """The budget is spent. No `Exception`: those are failures to Hypothesis."""


class Hunt:
    """What the runs of a state machine share: what is called, what is known, and what was found.

    `target` is the first finding: as long as there is one, only that counts, so that shrinking doesn't slip to another.
    `best` is the shortest run that shows it. `spent` tells whether the budget is used up.
    """

    def __init__(
        self,
        make: Callable[[Choices], Deployment],
        seed: int,
        functions: Sequence[RegisteredFunction],
        rules: Rules,
        ignored: frozenset[str],
        routes: Sequence[tuple[str, str]],
        spent: Callable[[], bool],
        shrink_runs: int,
        *,
        has_crons: bool = False,
    ) -> None:
        self.make = make
        self.seed = seed
        self.functions = list(functions)
        self.rules = rules
        self.ignored = ignored
        self.routes = list(routes)
        self.arguments = Arguments()
        self.target: FuzzFinding | None = None
        self.best: Pruned | None = None
        self.last: tuple[Session, list[int], str] | None = None
        self.runs = 0
        self.steps = 0
        self.calls: dict[str, list[int]] = {}
        self.was_cut_short = False
        self.has_crons = has_crons
        self._spent = spent
        self._shrink_runs = shrink_runs

    def begin(self) -> None:
        """A run begins; raises `Enough` when the time is up, or shrinking has taken as many runs as it may."""
        self.go_on()
        if self.target is not None:
            if self._shrink_runs == 0:
                raise Enough
            self._shrink_runs -= 1
        self.runs += 1

    def go_on(self) -> None:
        """Raise `Enough` when the time is up."""
        if self._spent():
            self.was_cut_short = True
            raise Enough

    def heard(self, session: Session, decisions: list[int], finding: FuzzFinding) -> bool:
        """Take note of a finding; whether it is the one that is looked for."""
        if self.target is None:
            self.target = finding
        if finding.key != self.target.key:
            return False
        if self.best is None or _size(session) <= _size(self.best.session):
            self.best = Pruned(session, tuple(decisions), finding)
        return True

    def ended(self, session: Session, decisions: list[int], digest: str) -> None:
        """A run is over."""
        self.steps += len(session.steps)
        if self.target is None:  # what shrinking does is no exploration
            for path, (returned, refused) in session.calls.items():
                counts = self.calls.setdefault(path, [0, 0])
                counts[0] += returned
                counts[1] += refused
        if session.steps:
            self.last = session, list(decisions), digest


def _size(session: Session) -> tuple[int, int]:
    lines = session.program.lines()
    return len(lines), sum(map(len, lines))


def machine_for(hunt: Hunt) -> type[RuleBasedStateMachine]:
    """The state machine of a hunt."""

    class Fuzzer(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            hunt.begin()
            self.decisions: list[int] = []
            self._data: st.DataObject | None = None
            self._repeated = False
            self.convex = hunt.make(Choices(hunt.seed, self._decide))
            self.session = Session(self.convex, hunt.rules, hunt.ignored)

        def _decide(self, bound: int, _seeded: int) -> int:
            if self._data is None or len(self.decisions) >= _MOST_DECISIONS:
                return 0
            self.decisions.append(self._data.draw(st.integers(0, bound - 1)))
            return self.decisions[-1]

        def _do(self, data: st.DataObject, step: Any) -> None:
            hunt.go_on()
            self._data = data
            try:
                self.session.do(step)
            except Found as found:
                if hunt.heard(self.session, self.decisions, found.finding):
                    raise
            finally:
                self._data = None

        def _drawn(self, data: st.DataObject, function: RegisteredFunction, times: int = 1) -> Call:
            args = {} if function.args is None else data.draw(hunt.arguments.of(function.args))
            return Call(function.path, function.kind, args, data.draw(_SUBJECTS), times)

        @precondition(lambda self: bool(hunt.functions))
        @rule(data=st.data())
        def call(self, data: st.DataObject) -> None:
            function = data.draw(st.sampled_from(hunt.functions))
            self._do(data, self._drawn(data, function))

        @precondition(lambda self: bool(hunt.functions))
        @rule(data=st.data())
        def call_again(self, data: st.DataObject) -> None:
            """Calls are most of what is done."""
            function = data.draw(st.sampled_from(hunt.functions))
            self._do(data, self._drawn(data, function))

        # A month of a cron job that runs every minute is 44,640 runs.
        @rule(data=st.data(), wait=st.sampled_from(_SHORT_WAITS if hunt.has_crons else _WAITS))
        def wait(self, data: st.DataObject, wait: tuple[str, int]) -> None:
            self._do(data, Wait(*wait))

        @precondition(lambda self: not self._repeated and any(f.kind == "mutation" for f in hunt.functions))
        @rule(data=st.data(), really=st.integers(0, 63))
        def grow(self, data: st.DataObject, really: int) -> None:
            """One mutation so often that a table grows."""
            if really == 63:
                self._repeated = True
                mutations = [f for f in hunt.functions if f.kind == "mutation"]
                self._do(data, self._drawn(data, data.draw(st.sampled_from(mutations)), _REPEATED))

        @precondition(lambda self: bool(hunt.functions))
        @rule(data=st.data(), count=st.integers(2, 4))
        def together(self, data: st.DataObject, count: int) -> None:
            drawn = [self._drawn(data, data.draw(st.sampled_from(hunt.functions))) for _ in range(count)]
            self._do(data, Together(tuple(drawn)))

        @precondition(lambda self: bool(hunt.routes))
        @rule(data=st.data(), body=hunt.arguments.anything)
        def request(self, data: st.DataObject, body: Any) -> None:
            method, path = data.draw(st.sampled_from(hunt.routes))
            self._do(data, Request(method, path, body))

        def teardown(self) -> None:
            hunt.ended(self.session, self.decisions, self.convex.trace.digest)
            self.convex.close()

    return Fuzzer
