from __future__ import annotations
from biconvex.lint.parsed import SyntaxProblem
def first_problem(root,source): return None
