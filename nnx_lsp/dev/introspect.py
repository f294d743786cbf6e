"""`python -m nnx_lsp.dev.introspect [VERSION …]`: write what each Flax version is to `nnx_lsp/knowledge/data/`.

For each version an environment is built (or reused), and a child inside it prints what the public names are. One entry stands on
a line, in order, so that a new version is reviewed as a difference of text.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from nnx_lsp.verify.environments import environment

VERSIONS = ("0.10.7", "0.11.2", "0.12.8", "0.12.12")
_CHILD = Path(__file__).with_name("_introspect_child.py")
_DATA = Path(__file__).parents[1] / "knowledge" / "data"
_PREFERRED = ("flax.nnx", "flax.linen", "jax.numpy", "jax.lax", "jax.random", "jax.nn", "jax", "optax.losses", "optax")


def main() -> None:
    """Write the files of the versions named on the command line, or of all."""
    for version in sys.argv[1:] or VERSIONS:
        found = environment(version, say=lambda text: print(text, file=sys.stderr))
        for which in ("flax", "jax", "optax"):
            command = [str(found.python), "-I", str(_CHILD), which]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "JAX_PLATFORMS": "cpu"})
            target = _DATA / f"{which}-{version}.json"
            target.write_text(rendered(json.loads(done.stdout)), encoding="utf-8")
            print(f"{target}: {target.stat().st_size} bytes")


def rendered(collected: dict[str, Any]) -> str:
    """The file of one library: its modules, its names with one entry on a line, and the public name of each definition."""
    names: dict[str, Any] = collected["names"]
    homes: dict[str, str] = {}
    for name, entry in sorted(names.items(), key=lambda item: (_rank(item[0]), item[0])):
        if entry["home"]:
            homes.setdefault(entry["home"], name)
    for entry in names.values():
        if "bases" in entry:
            entry["bases"] = [homes.get(base, base) for base in entry["bases"]]
        for attribute in entry.get("attributes", {}).values():
            kind, _, cls = attribute[0].partition(":")
            attribute[0] = f"{kind}:{homes.get(cls, cls)}"
    lines = [f" {json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}" for name, entry in sorted(names.items())]
    spelled = {home: name for home, name in homes.items() if home != name}
    rows = [f" {json.dumps(home)}: {json.dumps(name)}" for home, name in sorted(spelled.items())]
    return '{"modules": ' + json.dumps(collected["modules"]) + ',\n"names": {\n' + ",\n".join(lines) + '\n},\n"homes": {\n' + ",\n".join(rows) + "\n}}\n"


def _rank(name: str) -> int:
    module = name.rpartition(".")[0]
    return _PREFERRED.index(module) if module in _PREFERRED else len(_PREFERRED)


if __name__ == "__main__":
    main()
