"""The part of a backend that has to do with a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = ["Portion", "portion_of"]


class Portion(msgspec.Struct, frozen=True):
    """Some files of a backend, by their paths.

    `above` are those that changed, and all that lead to them by imports and function references; `files` are these,
    with all that they lead to, and what every file has to do with.
    """

    above: frozenset[str]
    files: frozenset[str]

    @property
    def below(self) -> frozenset[str]:
        """Those that are only led to: what is known of them depends on other files, too."""
        return self.files - self.above


def portion_of(
    changed: Iterable[str], links: Mapping[str, Collection[str]], shared: Iterable[str]
) -> Portion:
    """Give the part of a backend around some files. `shared` has the files that all depend on."""
    back: dict[str, list[str]] = {}
    for path, others in links.items():
        for other in others:
            back.setdefault(other, []).append(path)
    above = _reached(changed, back)
    return Portion(above, _reached((*above, *shared), links))


def _reached(begin: Iterable[str], links: Mapping[str, Collection[str]]) -> frozenset[str]:
    seen = set(begin)
    stack = list(seen)
    while stack:
        for path in links.get(stack.pop(), ()):
            if path not in seen:
                seen.add(path)
                stack.append(path)
    return frozenset(seen)
