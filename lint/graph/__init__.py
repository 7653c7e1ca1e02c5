"""The graph of function references: every function, and who refers to it, in the backend and in its clients."""

from biconvex.lint.graph.build import build_graph
from biconvex.lint.graph.model import Graph

__all__ = ["Graph", "build_graph"]
