"""The analysis: from the syntax trees of a backend's files to the backend model.

Imports run one way: values < queries, validators, schema, services, registration < externals < evaluate <
statements < walker < collect < modules < program < build.
"""

from biconvex.lint.analysis.build import build
from biconvex.lint.analysis.sources import build_from_sources

__all__ = ["build", "build_from_sources"]
