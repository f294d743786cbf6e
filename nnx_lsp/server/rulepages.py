"""The pages of the rules as files that an editor can open: in the folder of the cache, written once."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from pygls import uris

from nnx_lsp import __version__, engine
from nnx_lsp.faults import FAULTS, Fault
from nnx_lsp.fixes import write_whole
from nnx_lsp.pages import page
from nnx_lsp.project import cache
from nnx_lsp.rule import Rule


def folder() -> Path:
    """Where the pages of this very set of rules are."""
    digest = hashlib.blake2b("\0".join((__version__, *(rule.page for rule in engine.usable().rules))).encode(), digest_size=6)
    return cache.folder() / "rules" / digest.hexdigest()


def written(place: Path) -> Iterator[tuple[str, str]]:
    """Write the pages that are not there yet, one at a time: each rule's code, with the address of its page; none that cannot be written."""
    every: tuple[Rule | Fault, ...] = (*engine.usable().rules, *FAULTS)
    for rule in every:
        file = place / f"{rule.code}.md"
        with contextlib.suppress(OSError):
            if not file.is_file():
                place.mkdir(parents=True, exist_ok=True)
                write_whole(file, f"{page(rule)}\n".encode())
            if (uri := uris.from_fs_path(str(file))) is not None:
                yield rule.code, uri
