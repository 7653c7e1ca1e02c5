"""What a test did to its deployment: every call and every stretch of time, as a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from biconvex.sim.deployment import Deployment
from biconvex.sim.explore.program import Program, Statement
from biconvex.sim.runtime import Identity
from biconvex.sim.server.references import function_path
from biconvex.sim.values import from_python

__all__ = ["listen"]


def listen(convex: Deployment) -> Program:
    """Write down from now on what is done to a deployment, by whatever client."""
    program = Program()
    under_way: list[Statement] = []  # what a statement does by itself isn't told

    def tell(statement: Statement, act: Callable[[], Any]) -> Any:
        if under_way:
            return act()
        program.statements.append(statement)
        under_way.append(statement)
        try:
            statement.result = act()
        except Exception as error:
            statement.error = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise
        finally:
            under_way.pop()
        return statement.result

    def hear_invoke(told: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(told)
        def invoke(kind: str | None, function: Any, args: Any, identity: Identity, *, admin: bool) -> Any:
            who, claims = _caller(identity, admin=admin)
            given = () if not args else (from_python(dict(args)),)
            text = f"{who}.{kind or 'run'}({{}}{', {}' if given else ''})"
            statement = Statement(text, (*claims, function_path(function), *given))
            return tell(statement, lambda: told(kind, function, args, identity, admin=admin))

        return invoke

    def hear(name: str, door: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def listener(told: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(told)
            def heard(*args: Any, **named: Any) -> Any:
                slots = ["{}"] * len(args) + [f"{name}={{}}" for name in named]
                text = f"convex.{door}{name}({', '.join(slots)})"
                statement = Statement(text, (*map(_plain, args), *map(_plain, named.values())))
                return tell(statement, lambda: told(*args, **named))

            return heard

        return listener

    _wrap(convex, "_invoke", hear_invoke)
    for name in ("advance", "run_until_idle", "concurrently", "deliver", "calm"):
        _wrap(convex, name, hear(name))
    _wrap(convex.db, "insert", hear("insert", "db."))
    return program


def _wrap(owner: object, name: str, listener: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    setattr(owner, name, listener(getattr(owner, name)))


def _caller(identity: Identity, *, admin: bool) -> tuple[str, tuple[Any, ...]]:
    if admin:
        return "convex.as_admin()", ()
    if identity is None:
        return "convex", ()
    subject = identity.get("subject") if isinstance(identity, Mapping) else identity
    return "convex.as_user(subject={})", (subject,)


def _plain(value: Any) -> Any:
    """A value as it can be written later, when it may have changed."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value
