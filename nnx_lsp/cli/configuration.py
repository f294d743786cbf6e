"""`nnx-lint config [PATH]`: what is in force for a file or folder, and where that was found."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from nnx_lsp import config, engine
from nnx_lsp.knowledge import library, releases


def main(arguments: Sequence[str]) -> int:
    """Print it; 2 where a setting is wrong."""
    parser = argparse.ArgumentParser(prog="nnx-lint config", description="Shows the Flax version, the configuration file and the rules that are in force.")
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="a file or folder (default: .)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(list(arguments))
    path = Path(given.path)
    if not path.exists():
        print(f"nnx-lint config: {given.path}: there is no such file or folder", file=sys.stderr)
        return 2
    folder = path if path.is_dir() else path.parent
    try:
        file = config.find(Path(os.path.realpath(folder)))
        settings, found = config.in_force(config.load(folder, engine.rules), folder)
    except config.ConfigError as error:
        print(f"nnx-lint config: {error}", file=sys.stderr)
        return 2
    for remark in found.remarks:
        print(f"nnx-lint config: {remark}", file=sys.stderr)
    rules = [rule for rule in engine.rules() if settings.is_on(rule)]
    covered = releases.covered(settings.flax_version)
    shown: dict[str, object] = {
        "flax": found.flax,
        "flax_source": found.place,
        "flax_releases": list(covered),
        "jax": str(library.load(covered[-1], settings.jax_version).jax),
        "checked_as": list(engine.walked(covered, rules)),
        "knowledge": [str(library.nearest(each)) for each in engine.walked(covered, rules)],
        "configuration_file": str(file) if file is not None else None,
        "rules": [rule.code for rule in rules if any(map(rule.applies, covered))],
        "rules_out_of_range": [rule.code for rule in rules if not any(map(rule.applies, covered))],
        "rules_off": [rule.code for rule in engine.rules() if not settings.is_on(rule)],
    }
    print(json.dumps(shown, indent=2) if given.json else "\n".join(_lines(shown)))
    return 0


def _lines(shown: dict[str, object]) -> list[str]:
    words = {
        "flax": "Flax",
        "flax_source": "found in",
        "flax_releases": "releases",
        "jax": "jax",
        "checked_as": "checked as",
        "knowledge": "known from",
        "configuration_file": "configuration",
        "rules": "rules on",
        "rules_out_of_range": "of other versions",
        "rules_off": "rules off",
    }
    return [f"{words[key]:<18} {_shown(value)}" for key, value in shown.items()]


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else "none" if value is None else str(value)
