"""The table of features names tests and commands that are there."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_what_the_table_names_is_there() -> None:
    text = (ROOT / "docs" / "features.md").read_text()
    tests = re.findall(r"`(test_\w+\.py)::(\w+)`", text)
    assert len(tests) > 40
    missing = [f"{file}::{name}" for file, name in tests if f"def {name}(" not in (ROOT / "tests" / file).read_text()]
    assert missing == []
    assert all(find_spec(module) is not None for module in re.findall(r"python -m ([\w.]+)", text))
    assert all((ROOT / script).is_file() for script in re.findall(r"python (benchmarks/\w+\.py)", text))
