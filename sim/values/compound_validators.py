"""Validators made of others, objects apart: `v.array(element)` and `v.union(...)`. Source: semantics §3."""

from __future__ import annotations

from typing import Any

from .validators import Matches, Tables, Validator, accepted_type, no_match

__all__ = ["ArrayValidator", "UnionValidator"]


class ArrayValidator(Validator):
    """`v.array(element)`: a list of what passes `element`."""

    __slots__ = ("element",)

    def __init__(self, element: Validator) -> None:
        self.element = element
        super().__init__("array", {"type": "array", "value": element.json}, _matches_elements(element))

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        """Say which element is wrong, and why."""
        if type(value) is list:
            for index, element in enumerate(value):
                if not self.element.matches(element, tables):
                    return self.element.explain(element, tables, f"{path}[{index}]")
        return no_match(self, value, path)

    def __str__(self) -> str:
        return f"v.array({self.element})"


def _matches_elements(validator: Validator) -> Matches:
    element_matches = validator.matches
    accepted = accepted_type(validator)

    def matches(value: Any, tables: Tables) -> bool:
        if type(value) is not list:
            return False
        for element in value:  # noqa: SIM110  # all() over a generator takes twice as long
            if type(element) is not accepted and not element_matches(element, tables):
                return False
        return True

    return matches


class UnionValidator(Validator):
    """`v.union(...)`: what passes one of its members; without members, nothing."""

    __slots__ = ("members",)

    def __init__(self, *members: Validator) -> None:
        self.members = members
        json = {"type": "union", "value": [member.json for member in members]}
        super().__init__("union", json, _matches_member(members))

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        """Say what the only member says; with several, no more than that none matches."""
        if len(self.members) == 1:
            return self.members[0].explain(value, tables, path)
        return no_match(self, value, path)

    def __str__(self) -> str:
        return f"v.union({', '.join(map(str, self.members))})"


def _matches_member(members: tuple[Validator, ...]) -> Matches:
    checks = tuple(member.matches for member in members)
    if len(checks) == 1:
        return checks[0]

    def matches(value: Any, tables: Tables) -> bool:
        for check in checks:  # noqa: SIM110  # any() over a generator takes twice as long
            if check(value, tables):
                return True
        return False

    return matches
