"""The configuration: `biconvex.toml`, or `[tool.biconvex]` in a `pyproject.toml`.

`find` looks for the file, `read` validates it, `selection` chooses the rules, `configure` puts all of it together with
what the command line says.
"""

from biconvex.lint.config.configure import Configuration, Wishes, configure
from biconvex.lint.config.errors import ConfigError

__all__ = ["ConfigError", "Configuration", "Wishes", "configure"]
