"""How jupyter-lsp starts the server: the entry point group `jupyter_lsp_spec_v1` leads here, so that nothing has to be configured."""

from __future__ import annotations

import sys


def spec(_: object) -> dict[str, dict[str, object]]:
    """The server in the terms of jupyter-lsp. `-P`: the folder that it is started in is the user's, and no place to import from."""
    return {
        "nnx-lint": {
            "version": 2,
            "display_name": "nnx-lint",
            "argv": [sys.executable, "-P", "-m", "nnx_lsp.server.main"],
            "languages": ["python"],
            "mime_types": ["text/x-python", "text/python", "text/x-ipython"],
            "requires_documents_on_disk": False,
        }
    }
