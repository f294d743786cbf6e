"""The output formats: one module each, named as the format is, with a function `render(report, style)` that gives its text. Found here, never listed."""

from __future__ import annotations

import os
import pkgutil
from importlib import import_module

from nnx_lsp.cli.report import Report, Style


def names() -> tuple[str, ...]:
    """The formats there are."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__)))


def render(name: str, report: Report, style: Style) -> str:
    """A report in one format. Its module is imported only now."""
    text: str = import_module(f"{__name__}.{name}").render(report, style)
    return text


def chosen_by_itself() -> str:
    """The format where none is asked for: the one that the CI at hand shows beside the code, else frames."""
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "full"
