"""`nnx-lint migrate --from 0.10 --to 0.12 PATHS`: what changes its meaning between two Flax versions, reported or rewritten.

It is the check under the version to go to, without what is found under the version to come from: rules and fixes are those of `nnx-lint check`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import msgspec

from nnx_lsp.cli import check
from nnx_lsp.cli.options import Parser, parser
from nnx_lsp.cli.run import Checker, Result
from nnx_lsp.config import Settings
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.knowledge import releases
from nnx_lsp.project.cache import Cache


def main(arguments: Sequence[str]) -> int:
    """Report or rewrite; the exit status is that of `nnx-lint check`."""
    own = Parser(prog="nnx-lint migrate", usage="nnx-lint migrate --from VERSION --to VERSION [OPTIONS OF nnx-lint check] [PATHS ...]", allow_abbrev=False)
    own.add_argument("--from", dest="source", required=True, metavar="VERSION", help="the Flax version or line that the code is written for: 0.10")
    own.add_argument("--to", dest="target", required=True, metavar="VERSION", help="the Flax version or line that it shall run on: 0.12")
    given, rest = own.parse_known_args(list(arguments))
    try:
        source, target = releases.newest_of(given.source), releases.newest_of(given.target)
        if source == target:
            raise ValueError(f"--from {given.source} and --to {given.target} are the same version")
    except ValueError as error:
        print(f"nnx-lint migrate: {error}", file=sys.stderr)
        return 2
    options = parser().parse_args([*rest, "--flax-version", target, "--no-cache"])

    def make(names: Sequence[str], settings: Callable[[str], Settings], cache: Cache | None) -> Checker:
        return _Migration(names, settings, cache, source)

    return check.check(options, make)


class _Migration(Checker):
    """Finds under the version to go to what was not found under the one to come from."""

    def __init__(self, names: Sequence[str], settings: Callable[[str], Settings], cache: Cache | None, source: str) -> None:
        super().__init__(names, settings, cache)
        self._former = Checker(names, lambda name: msgspec.structs.replace(settings(name), flax_version=source), cache)
        self._former.project = self.project
        self._known: dict[str, frozenset[tuple[str, str, str]]] = {}

    def found(self, name: str) -> Result:
        """What holds under the new version alone; what the old one knew is kept from before anything was rewritten."""
        if name not in self._known:
            before = self._former.found(name)
            self._known[name] = frozenset(_key(each) for each in (*before.found, *before.silenced))
        now = super().found(name)
        known = self._known[name]
        found = tuple(each for each in now.found if _key(each) not in known)
        return msgspec.structs.replace(now, found=found, silenced=tuple(each for each in now.silenced if _key(each) not in known), comments=())


def _key(each: Diagnostic) -> tuple[str, str, str]:
    """Names a finding whatever was rewritten around it."""
    return each.path, each.code, each.message
