"""A report as one self-contained HTML page: nothing is loaded from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from biconvex.sim.explore.page import Page, page_of
from jinja2 import Environment, StrictUndefined

if TYPE_CHECKING:
    from biconvex.sim.deployment import Deployment
    from jinja2 import Template

__all__ = ["html_of", "save_html"]

_TEMPLATE: Final = Path(__file__).with_name("page.html.j2")


def html_of(page: Page) -> str:
    """The page as HTML."""
    return _template().render(page=page)


def save_html(convex: Deployment, file: str | Path, *, title: str = "", failure: str = "") -> None:
    """Write what a deployment has lived through to a page: timeline, headroom, findings, functions, trace."""
    page = page_of(convex, title or "A simulated deployment", failure=failure)
    Path(file).write_text(html_of(page), "utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_TEMPLATE.read_text("utf-8"))
