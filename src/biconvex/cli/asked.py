"""What a call of `biconvex lint` asks about: folders and files, a text on stdin, code in Markdown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from biconvex.cli.errors import UsageProblem
from biconvex.lint.reading import Desk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from biconvex.lint.markdown import Document

__all__ = ["STDIN", "Asked", "asked_for", "no_backend"]

STDIN = Path("-")
_MARKDOWN = frozenset({".md", ".mdx"})


class Asked(msgspec.Struct, frozen=True):
    """What to lint: `paths` in backends, `texts` that stand in for files by their real paths, `markdown` files."""

    paths: tuple[Path, ...]
    texts: Mapping[Path, bytes] = msgspec.field(default_factory=dict)
    markdown: tuple[Path, ...] = ()

    @property
    def first(self) -> Path:
        """The first path that was given, whatever it is."""
        return (*self.paths, *self.markdown)[0]

    def documents(self, cwd: Path, texts: Mapping[Path, bytes]) -> list[Document]:
        """Read the Markdown files; `texts` stand in for files by their real paths."""
        if not self.markdown:
            return []
        from biconvex.lint.markdown import read_document

        return [read_document(path, Desk(cwd, texts)) for path in self.markdown]


def asked_for(paths: Sequence[Path], stdin_filename: Path | None, language: str | None) -> Asked:
    """Sort out what was asked for; nothing at all means the working directory. Raises `UsageProblem`."""
    given = tuple(paths) or (Path(),)
    texts: dict[Path, bytes] = {}
    if STDIN in given:
        if stdin_filename is None:
            raise UsageProblem(
                "`-` reads a text from stdin: say with --stdin-filename which file it stands in for"
            )
        if len(given) > 1:
            raise UsageProblem("`-` stands alone: other paths can't be linted with it")
        given = (stdin_filename,)
        texts[stdin_filename.resolve()] = sys.stdin.buffer.read()
    elif stdin_filename is not None:
        raise UsageProblem("--stdin-filename names a text on stdin: give `-` as the path")
    for path in given:
        if not texts and not path.exists():
            raise UsageProblem(f"{path}: there is no such file or folder")
    markdown = tuple(path for path in given if _is_markdown(path, language))
    return Asked(
        tuple(path for path in given if path not in markdown),
        texts,
        tuple(path.resolve() for path in markdown),
    )


def _is_markdown(path: Path, language: str | None) -> bool:
    if language == "markdown" and path.is_dir():
        raise UsageProblem(f"{path} is a folder: --language markdown goes with files")
    return language == "markdown" or (path.suffix in _MARKDOWN and not path.is_dir())


def no_backend(paths: Sequence[Path]) -> UsageProblem:
    """Say that there is no backend at any of the paths, and what was looked for."""
    where = ", ".join("the working directory" if path == Path() else str(path) for path in paths)
    return UsageProblem(
        f"No Convex functions in {where}: looked for a folder `convex`, one that a convex.json names, a "
        "convex.config.ts, a folder `_generated`, and Python modules that import biconvex.sim.server"
    )
