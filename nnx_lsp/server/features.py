"""A server with all its features."""

from __future__ import annotations

from nnx_lsp.server import actions, commands, diagnostics, documents, hover
from nnx_lsp.server.server import Server


def make() -> Server:
    """A server with all its features."""
    server = Server()
    for each in (documents, diagnostics, actions, hover, commands):
        each.register(server)
    return server
