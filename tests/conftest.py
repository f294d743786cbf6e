"""Every test begins in the same surroundings: what a CI service or a terminal says of itself, a test that is about it says again."""

from __future__ import annotations

import os

for _name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "FORCE_COLOR", "NO_COLOR", "NNX_LINT_CACHE"):
    os.environ.pop(_name, None)
