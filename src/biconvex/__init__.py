"""Biconvex: a static analyzer and a deterministic simulator for Convex backends."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("biconvex")
