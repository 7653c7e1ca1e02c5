"""Programs: what was done to a deployment, written as Python that can be pasted and run.

An id that an earlier statement gave is written as the variable that holds it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from biconvex.sim.deployment import Call, Request
from msgspec import UNSET

__all__ = ["Program", "Statement", "as_script", "quoted"]

_ID_LENGTHS: Final = range(31, 38)


@dataclass(slots=True)
class Statement:
    """One thing that was done: `text` with a `{}` for each of `values`, and what came of it."""

    text: str
    values: tuple[Any, ...] = ()
    result: Any = None
    error: str | None = None
    """The first line of the error that it raised."""


@dataclass(slots=True, eq=False)
class Program:
    """Statements in order."""

    statements: list[Statement] = field(default_factory=list)

    def add(self, text: str, *values: Any) -> Statement:
        """Append a statement; say later what came of it."""
        statement = Statement(text, values)
        self.statements.append(statement)
        return statement

    def __len__(self) -> int:
        return len(self.statements)

    def lines(self) -> list[str]:
        """The statements as source, a line each."""
        homes: dict[str, tuple[int, str]] = {}
        used: dict[int, str] = {}
        sources: list[str] = []
        for number, statement in enumerate(self.statements):
            writer = _Writer(homes, used)
            sources.append(statement.text.format(*map(writer.source, statement.values)))
            for found, path in _ids(statement.result):
                homes.setdefault(found, (number, path))
        return [
            f"{used[number]} = {source}" if number in used else source
            for number, source in enumerate(sources)
        ]


class _Writer:
    """Writes values as source. `homes` says where an id came from, `used` names the results that are needed."""

    def __init__(self, homes: Mapping[str, tuple[int, str]], used: dict[int, str]) -> None:
        self._homes = homes
        self._used = used

    def source(self, value: Any) -> str:
        if isinstance(value, str):
            home = self._homes.get(value)
            if home is None:
                return quoted(value)
            number, path = home
            return self._used.setdefault(number, f"r{len(self._used) + 1}") + path
        if isinstance(value, dict):
            return "{" + ", ".join(f"{quoted(k)}: {self.source(member)}" for k, member in value.items()) + "}"
        if isinstance(value, list | tuple):
            return "[" + ", ".join(map(self.source, value)) + "]"
        if isinstance(value, float):
            return _float(value)
        if isinstance(value, Call):
            return self._call(value)
        if isinstance(value, Request):
            options = {"headers": value.headers, "json": value.json, "body": value.body}
            given = [
                f", {name}={self.source(one)}" for name, one in options.items() if one not in (None, UNSET)
            ]
            return f"request({quoted(value.url)}, method={quoted(value.method)}{''.join(given)})"
        return repr(value)

    def _call(self, call: Call) -> str:
        identity = call.identity
        args = f", {self.source(dict(call.args))}" if call.args else ""
        subject = identity.get("subject") if isinstance(identity, Mapping) else identity
        return f"call({quoted(call.function)}{args}{'' if subject is None else f', as_user={self.source(subject)}'})"


def quoted(text: str) -> str:
    """A text as source, in the quotes that the rest of a program has."""
    shown = repr(text)
    if shown[0] == "'" and '"' not in text:
        return '"' + shown[1:-1].replace("\\'", "'") + '"'
    return shown


def _float(value: float) -> str:
    if not math.isfinite(value):
        return f'float("{value}")'
    if value.is_integer() and abs(value) < 1e16 and math.copysign(1, value) == math.copysign(1, int(value)):
        return str(int(value))
    return repr(value)


def _ids(result: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The texts in a result that may be ids, and how to get to them."""
    if isinstance(result, str):
        if len(result) in _ID_LENGTHS:
            yield result, path
    elif isinstance(result, dict):
        for name, member in result.items():
            yield from _ids(member, f"{path}[{quoted(name)}]")
    elif isinstance(result, list):
        for index, member in enumerate(result):
            yield from _ids(member, f"{path}[{index}]")


def as_script(program: Program, project: str, seed: int, decisions: Sequence[int] = ()) -> list[str]:
    """The lines of a script that does a program on a fresh deployment, with these decisions of its run."""
    body = [f"    {part}" for line in program.lines() for part in line.split("\n")]
    text = "\n".join(body)
    names = ["Deployment", *(name for name in ("FunctionError", "Int64") if name in text)]
    if "concurrently(" in text:
        names.append("call")
    imports = ["from contextlib import suppress"] if "suppress(" in text else []
    imports.append(f"from biconvex.sim import {', '.join(names)}")
    made = str(seed)
    while decisions and decisions[-1] == 0:
        decisions = decisions[:-1]
    if decisions:
        imports.append("from biconvex.sim.kernel import Choices")
        made = f"Choices.replaying({seed}, {list(decisions)})"
    return [
        *imports,
        "",
        f"with Deployment({quoted(project)}, seed={made}) as convex:",
        *(body or ["    pass"]),
    ]
