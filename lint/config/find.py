"""Finds the configuration of a folder: the nearest file from it upwards, up to the root of its repository."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import msgspec
from biconvex.lint.config.errors import ConfigError
from biconvex.lint.project import shown_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["CONFIG_FILE", "ConfigFile", "find_config", "load_config"]

CONFIG_FILE = "biconvex.toml"
_PYPROJECT = "pyproject.toml"


class ConfigFile(msgspec.Struct, frozen=True):
    """A configuration file as TOML: its path, how to show it, where in it the configuration is, and the values."""

    path: Path
    shown: str
    prefix: str = ""
    values: Mapping[str, Any] = msgspec.field(default_factory=dict)


def find_config(start: Path, cwd: Path) -> ConfigFile | None:
    """Find the configuration that holds for a file or folder (an absolute path).

    Errors show paths relative to `cwd`. Raises `ConfigError`.
    """
    for folder in (start, *start.parents):
        if (folder / CONFIG_FILE).is_file():
            return load_config(folder / CONFIG_FILE, cwd)
        if (folder / _PYPROJECT).is_file():
            found = load_config(folder / _PYPROJECT, cwd)
            if found.prefix:
                return found
        if (folder / ".git").exists():
            return None
    return None


def load_config(path: Path, cwd: Path) -> ConfigFile:
    """Read a configuration file, whatever its name; of a `pyproject.toml` the part `tool.biconvex`.

    Without that part, `prefix` is empty, and so are the values. Raises `ConfigError`.
    """
    shown = shown_path(path, cwd)
    try:
        values = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{shown}: can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown}: isn't UTF-8: save it as UTF-8") from error
    except (
        ValueError,
        RecursionError,
    ) as error:  # also a number of thousands of digits, and endless brackets
        raise ConfigError(f"{shown}: isn't TOML: {error}") from error
    if path.name != _PYPROJECT:
        return ConfigFile(path, shown, "", values)
    tool = values.get("tool")
    if not isinstance(tool, dict) or "biconvex" not in tool:
        return ConfigFile(path, shown)
    return ConfigFile(path, shown, "tool.biconvex", tool["biconvex"])
