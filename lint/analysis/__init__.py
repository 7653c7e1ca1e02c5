"""The analysis: from the syntax trees of a backend's files to the backend model.

Imports run one way: values, scopes, frames < what values mean (ctx, queries, validators, schema, crons, routes,
components, thrown, registration, promises, sequences) < externals, composites < evaluate < statements < walker <
collect < modules < functions, references, graph < program < build.
"""

from biconvex.lint.analysis.build import assemble, build
from biconvex.lint.analysis.sources import build_from_sources

__all__ = ["assemble", "build", "build_from_sources"]
