"""Suppressions: comments that take findings back, our own and those of ESLint.

`// biconvex: ignore[rule, rule] reason` (`#` in Python) at the end of a line or on the line above, `ignore-file[rule]`
at the top of a file. `comments` reads them, `index` holds them against the findings, `report` tells what is wrong with
them.
"""

from biconvex.lint.suppressions.index import Suppressions

__all__ = ["Suppressions"]
