"""How sure and how bad a finding is, and what it is about."""

from __future__ import annotations

import enum


class Severity(enum.Enum):
    """The three severities; see `docs/using.md`."""

    ERROR = "error"
    """Certain: it raises, or is silently wrong, whenever it runs as seen."""
    WARNING = "warning"
    """Wrong in the usual use, where a legal purpose exists; or it rests on values that came through further calls, or no program of the project
    reaches the file."""
    INFO = "info"
    """Performance, upgrade, style."""


class Group(enum.Enum):
    """What the rule is about; the first digit of its code."""

    RANDOMNESS = "randomness"
    VARIABLES = "variables"
    STRUCTURE = "structure"
    TRACING = "tracing"
    TRANSFORMS = "transforms"
    TRAINING = "training"
    MIGRATION = "migration"
    VERSIONS = "versions"
    PERFORMANCE = "performance"
