"""Invariants: what must hold after every commit, and what must hold once the system has come to rest."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from biconvex.sim.deployment.involved import events_of_runs_involved, last_commit
from biconvex.sim.deployment.tables import Tables
from biconvex.sim.kernel import NS_PER_MS, Event, Halt
from biconvex.sim.store import Commit
from biconvex.sim.values import InvariantError, InvariantViolation

if TYPE_CHECKING:
    from biconvex.sim.runtime import Runtime

__all__ = ["Check", "Invariants", "ReadOnlyTables"]

Check = Callable[["ReadOnlyTables"], object]
"""What is declared as an invariant: it asserts, or answers whether it holds."""


class ReadOnlyTables:
    """`db` of an invariant: committed documents. `tables_read` are those it has looked at, None once it is any."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.tables_read: set[str] | None = set()

    @property
    def names(self) -> list[str]:
        """The user tables that exist, in order of their creation."""
        self.tables_read = None
        return self._tables.names

    def table(self, name: str) -> list[dict[str, Any]]:
        """All documents of a table in creation order; `_scheduled_functions` is one as well."""
        if self.tables_read is not None:
            self.tables_read.add(name)
        return self._tables.table(name)

    def get(self, document_id: str) -> dict[str, Any] | None:
        """A document by its id, or None."""
        self.tables_read = None
        return self._tables.get(document_id)


class _Condition:
    def __init__(self, check: Check, deadline_ns: int | None = None) -> None:
        self.check = check
        self.name = getattr(check, "__name__", repr(check))
        self.deadline_ns = deadline_ns
        self.tables_read: set[str] | None = None


class Invariants:
    """The invariants of a deployment. A commit is looked at only while there are any."""

    def __init__(self, runtime: Runtime, tables: Tables, seed: int) -> None:
        self._runtime = runtime
        self._tables = tables
        self._seed = seed
        self._always: list[_Condition] = []
        self._eventually: list[_Condition] = []

    def always(self, check: Check) -> None:
        """Hold all commits from now on to an invariant, and what is there already."""
        if not self._always:
            self._runtime.on_commit.append(self._heed)
        condition = _Condition(check)
        self._always.append(condition)
        self._require(condition, "when it was declared")

    def eventually(self, check: Check, within_ns: int | None) -> None:
        """Hold every time of rest to a condition; it has this long from now to come true by itself."""
        deadline = None if within_ns is None else self._runtime.kernel.clock.now_ns + within_ns
        self._eventually.append(_Condition(check, deadline))

    def at_rest(self) -> None:
        """The system is idle: check what must hold then. Time passes for conditions that still have some."""
        kernel = self._runtime.kernel
        for condition in self._eventually:
            left = condition.deadline_ns is not None and condition.deadline_ns > kernel.clock.now_ns
            if left and condition.deadline_ns is not None and self._problem(condition) is not None:
                deadline_ns = condition.deadline_ns
                while self._problem(condition) is not None and kernel.clock.now_ns < deadline_ns:
                    due_ns = kernel.next_timer_ns
                    kernel.run_until(min(deadline_ns, deadline_ns if due_ns is None else due_ns))
            self._require(condition, "now that the system is idle")

    def _heed(self, commit: Commit) -> None:
        changed = {write.table for write in commit.writes}
        for condition in tuple(self._always):
            if condition.tables_read is None or not condition.tables_read.isdisjoint(changed):
                self._require(condition, None)

    def _require(self, condition: _Condition, when: str | None) -> None:
        """Raise unless a condition holds; `when` says when, if it isn't after a commit."""
        said = self._problem(condition)
        if said is None:
            return
        for conditions in (self._always, self._eventually):
            if condition in conditions:  # told once: it would be told of every later commit as well
                conditions.remove(condition)
        self._raise(self._violation(condition, when, said))

    def _raise(self, error: Exception) -> None:
        if self._runtime.kernel.is_running:
            raise Halt(error)
        raise error

    def _problem(self, condition: _Condition) -> str | None:
        """What is wrong, None where the condition holds."""
        view = ReadOnlyTables(self._tables)
        try:
            answer = condition.check(view)
        except AssertionError as error:
            condition.tables_read = view.tables_read
            return str(error).strip().partition("\n")[0] or "its assertion failed"
        except Exception as error:  # noqa: BLE001 - whatever it is, the test wrote it
            self._raise(
                InvariantError(
                    f"The invariant `{condition.name}` can't be evaluated: it raised {type(error).__name__}: {error} "
                    f"({_place(error)})"
                )
            )
        condition.tables_read = view.tables_read
        if answer is None or answer is True:
            return None
        if answer is not False:
            self._raise(
                InvariantError(
                    f"The invariant `{condition.name}` answered {answer!r}. It should assert, or return True or False."
                )
            )
        return "it returned False"

    def _violation(self, condition: _Condition, when: str | None, said: str) -> InvariantViolation:
        trace, now_ns = self._runtime.trace, self._runtime.kernel.clock.now_ns
        commit = last_commit(trace)
        detail = {"said": said, "commit": commit.number if commit is not None else 0}
        trace.record("violation", condition.name, commit.run if commit is not None else 0, detail)
        where = f"at {_shown(now_ns)} (seed {self._seed})"
        if when is None and commit is not None:
            where = f"after the commit of {commit.subject} (event {commit.number}, run {commit.run}) {where}"
        elif when is not None:
            where = f"{when}, {where}"
        lines = [f"The invariant `{condition.name}` does not hold {where}: {said}"]
        if commit is not None:
            lines += [
                "",
                "The runs that led to it:" if when is None else "The runs that led to the last commit:",
            ]
            lines += [trace.HEADER, *events_of_runs_involved(list(trace), commit)]
        return InvariantViolation(
            "\n".join(lines),
            invariant=condition.name,
            function=commit.subject if commit is not None and when is None else None,
            commit=commit.number if commit is not None else 0,
            seed=self._seed,
            time_ms=now_ns / NS_PER_MS,
        )


def _shown(now_ns: int) -> str:
    text = str(Event(0, now_ns, 0, "", ""))
    return " ".join(text.split()[1:3])


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    frames = [
        found for found in traceback.extract_tb(error.__traceback__) if "biconvex" not in found.filename
    ]
    found = frames[-1] if frames else frame
    return f"{found.filename.rpartition('/')[2]}:{found.lineno}"
