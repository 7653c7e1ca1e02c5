"""Cron jobs, as `crons.ts` defines them (semantics §9.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.lint import model
from biconvex.lint.analysis.names import GENERATED_API
from biconvex.lint.analysis.queries import constant
from biconvex.lint.analysis.registration import Registered
from biconvex.lint.analysis.values import Constant, External, Method, Record, Value
from biconvex.lint.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from biconvex.lint import syntax
    from biconvex.lint.analysis.program import Program
    from biconvex.lint.analysis.values import CallSite
    from biconvex.lint.model import CronJob, Function, FunctionReference

__all__ = ["Crons", "freeze_crons"]

_JOBS = frozenset({"interval", "hourly", "daily", "weekly", "monthly", "cron"})
_UNITS_MS = {"seconds": 1_000, "minutes": 60_000, "hours": 3_600_000}


class Crons(Value):
    """What `cronJobs()` gives, with the jobs defined on it so far."""

    made: CallSite
    jobs: list[tuple[str, CallSite]] = msgspec.field(default_factory=list)

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        if name in _JOBS:
            self.jobs.append((name, site))
        return None


def freeze_crons(
    found: Iterable[Crons], program: Program, functions: Mapping[Registered, Function]
) -> Iterator[CronJob]:
    """Give the jobs as facts."""
    for crons in found:
        deployed = _deployed(crons, program)
        for method, site in crons.jobs:
            yield _job(method, site, program, functions, deployed=deployed)


def _job(
    method: str,
    site: CallSite,
    program: Program,
    functions: Mapping[Registered, Function],
    *,
    deployed: bool | None,
) -> CronJob:
    identifier = constant(site.argument(0))
    # `hourly` may come without a schedule
    at = 1 if method == "hourly" and _is_function(site.argument(1), site.argument_node(1)) else 2
    schedule = site.argument(1, "every", "at", "expression") if at == 2 else Record({})
    expression = constant(schedule) if method == "cron" else None
    target = site.argument(at, "reference")
    direct = functions.get(target) if isinstance(target, Registered) else None
    return model.CronJob(
        identifier=identifier if isinstance(identifier, str) else None,
        method=method,
        place=_place(site),
        period_ms=_period_ms(schedule) if method == "interval" else None,
        expression=expression if isinstance(expression, str) else None,
        schedule=site.argument_node(1, "every", "at", "expression") if at == 2 else None,
        reference=_reference(target, site.argument_node(at, "reference"), site, program),
        arguments=site.argument_node(at + 1, "args"),
        module=site.scope.module.fact,
        deployed=deployed,
        identifier_place=_node_place(site, site.argument_node(0, "name")),
        schedule_place=_node_place(site, site.argument_node(1, "every", "at", "expression"))
        if at == 2
        else None,
        parts=_parts(schedule, site),
        direct=direct,
    )


def _parts(schedule: Value | None, site: CallSite) -> Mapping[str, model.CronPart] | None:
    """Give what a schedule says; None when some of it is out of sight."""
    if not isinstance(schedule, Record) or not schedule.complete or schedule.base is not None:
        return None
    parts: dict[str, model.CronPart] = {}
    for name, value in schedule.fields.items():
        known = isinstance(value, Constant)
        place = _node_place(site, schedule.nodes.get(name)) or _place(site)
        parts[name] = model.CronPart(place, known, constant(value))
    return parts


def _reference(
    value: Value | None, node: syntax.Node | None, site: CallSite, program: Program
) -> FunctionReference | None:
    if node is None:
        return None
    if isinstance(value, External) and value.source == GENERATED_API and len(value.path) > 2:
        return program.reference(value.path, node, site.scope)
    if isinstance(value, Constant) and isinstance(value.value, str):
        return program.named(value.value, node, site.scope)
    return None


def _is_function(value: Value | None, node: syntax.Node | None) -> bool:
    """Tell whether an argument stands for a function: by its reference or its name."""
    if isinstance(value, Registered) or (isinstance(value, External) and value.source == GENERATED_API):
        return True
    return node is not None and isinstance(value, Constant) and isinstance(value.value, str)


def _deployed(crons: Crons, program: Program) -> bool | None:
    """Tell whether Convex runs these jobs: they are the default export of the module `crons`."""
    module = program.modules.get("crons")
    if module is None:
        return None if "crons" in program.unread else False
    if module.is_python:
        return any(variable.get() is crons for variable in module.scope.names.values())
    value = module.exported("default")
    if value is None and ("default" in module.exports or not module.exports_known()):
        return None
    return value is crons if value is None or isinstance(value, Crons) else None


def _period_ms(schedule: Value | None) -> float | None:
    """Give the constant period of an interval: `{minutes: 5}` is 300,000."""
    if not isinstance(schedule, Record) or not schedule.complete or schedule.base is not None:
        return None
    known = [(unit, constant(value)) for unit, value in schedule.fields.items() if unit in _UNITS_MS]
    if len(known) != 1:
        return None
    unit, amount = known[0]
    return amount * _UNITS_MS[unit] if type(amount) in (int, float) else None  # type: ignore[operator,return-value]


def _node_place(site: CallSite, node: syntax.Node | None) -> Place | None:
    """Give the place of a node within a call; None for one that stands elsewhere."""
    if node is None or not (site.node.start <= node.start and node.end <= site.node.end):
        return None
    return Place(site.scope.module.source, node.start, node.end)


def _place(site: CallSite) -> Place:
    return Place(site.scope.module.source, site.node.start, site.node.end)
