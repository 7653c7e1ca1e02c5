"""What is wrong with a configuration."""

from __future__ import annotations

__all__ = ["ConfigError"]


class ConfigError(Exception):
    """A configuration that can't be used. The message has a line for each mistake, with its file and key."""
