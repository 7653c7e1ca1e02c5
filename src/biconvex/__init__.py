"""Biconvex: a static analyzer and a deterministic simulator for Convex backends."""

__all__ = ["__version__"]

__version__: str


def __getattr__(name: str) -> str:
    """Look the version up when somebody asks: `importlib.metadata` takes longer to import than a file to lint."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # noqa: PLC0415 - see above

    return version("biconvex")
