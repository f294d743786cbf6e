"""What stands at the places of an open file, found when it is first asked for; it runs on the thread that checks."""

from __future__ import annotations

from nnx_lsp.knowledge import releases
from nnx_lsp.observations import Observation, Observer
from nnx_lsp.program import Place
from nnx_lsp.server.session import Shown, Workspace
from nnx_lsp.text import Span


class Observatory:
    """Observers by Flax version, and the last file that was observed."""

    def __init__(self, files: Workspace) -> None:
        self._files = files
        self._observer: tuple[str, Observer] | None = None
        self._kept = files.kept
        self._last: tuple[Shown, dict[Span, tuple[Observation, ...]]] | None = None

    def at(self, shown: Shown) -> dict[Span, tuple[Observation, ...]]:
        """What is known in a file, by the range of the name or attribute."""
        if self._last is not None and self._last[0] is shown:
            return self._last[1]
        path, document = shown.opened.path, shown.document
        if self._files.project.document(path) is not document:
            return {}  # A newer text waits.
        flax = releases.covered(self._files.settings(path).flax_version)[-1]
        if self._observer is None or self._observer[0] != flax:
            self._observer = flax, Observer(self._files.project, flax)
        if self._kept is not self._files.kept:
            self._kept = self._files.kept
            self._observer[1].keep(self._kept)
        seen: dict[Place, tuple[Observation, ...]] = self._observer[1].observed(path)
        found = {document.span(place): each for place, each in seen.items() if place.path == path and document.knows(place)}
        self._last = shown, found
        return found
