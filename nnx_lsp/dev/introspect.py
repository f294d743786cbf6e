"""`python -m nnx_lsp.dev.introspect [VERSION …]`: write what each Flax version is to `nnx_lsp/knowledge/data/`.

For each version an environment is built (or reused), and a child inside it prints what the public names are. One entry stands on
a line, in order, so that a new version is reviewed as a difference of text. The newest of what is used together with one jax is written whole
(`VERSIONS`), each other release as its difference from the next one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from packaging.version import Version

from nnx_lsp.knowledge import library
from nnx_lsp.verify.environments import environment

VERSIONS = ("0.10.7", "0.11.2", "0.12.8", "0.12.12")
_CHILD = Path(__file__).with_name("_introspect_child.py")
_DATA = Path(__file__).parents[1] / "knowledge" / "data"
_PREFERRED = ("flax.nnx", "flax.linen", "jax.numpy", "jax.lax", "jax.random", "jax.nn", "jax", "optax.losses", "optax")


def main() -> None:
    """Write the files of the versions named on the command line, or of all."""
    for version in sys.argv[1:] or VERSIONS:
        found = environment(version, say=lambda text: print(text, file=sys.stderr))
        for which in ("flax", "jax", "optax") if version in VERSIONS else ("flax",):
            command = [str(found.python), "-I", str(_CHILD), which]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "JAX_PLATFORMS": "cpu"})
            write(which, version, described(json.loads(done.stdout)))


def write(which: str, version: str, said: dict[str, Any]) -> None:
    """Write what one library is beside a Flax version: whole, or as its difference from the next version that there is a file of."""
    target = _DATA / f"{which}-{version}.json"
    if version not in VERSIONS:
        target = _DATA / f"difference-{version}.json"
        following = min(each for each in library.described() if each > Version(version))
        said = difference(said, library.contents(following), str(following))
    target.write_text(rendered(said), encoding="utf-8")
    print(f"{target}: {target.stat().st_size} bytes")


def difference(said: dict[str, Any], following: dict[str, Any], name: str) -> dict[str, Any]:
    """What makes the description of one version of that of the following one; what only the following one has is `null`."""
    changed: dict[str, Any] = {"next": name, "modules": said["modules"]}
    for part in ("names", "homes"):
        gone = dict.fromkeys(following[part].keys() - said[part].keys())
        changed[part] = gone | {key: value for key, value in said[part].items() if key not in following[part] or following[part][key] != value}
    return changed


def described(collected: dict[str, Any]) -> dict[str, Any]:
    """What is kept of one library: its modules, its names, and the public name of each definition."""
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
    return {"modules": collected["modules"], "names": names, "homes": {home: name for home, name in homes.items() if home != name}}


def rendered(said: dict[str, Any]) -> str:
    """The text of a file: one entry on a line."""
    parts: list[str] = []
    for part, held in said.items():
        if isinstance(held, dict):
            lines = [f" {json.dumps(key)}: {json.dumps(value, separators=(',', ':') if part == 'names' else None)}" for key, value in sorted(held.items())]
            parts.append(f'"{part}": {{\n' + ",\n".join(lines) + "\n}")
        else:
            parts.append(f'"{part}": {json.dumps(held)}')
    return "{" + ",\n".join(parts) + "}\n"


def _rank(name: str) -> int:
    module = name.rpartition(".")[0]
    return _PREFERRED.index(module) if module in _PREFERRED else len(_PREFERRED)


if __name__ == "__main__":
    main()
