"""How jupyter-lsp starts the server: the entry point group `jupyter_lsp_spec_v1` leads here, so that nothing has to be configured."""

from __future__ import annotations

import importlib.util
import sys


def spec(_: object) -> dict[str, dict[str, object]]:
    """The server in the terms of jupyter-lsp, or nothing where python-lsp-server is installed, in which nnx-lint is a plugin.

    JupyterLab starts one server a language. Of these two it would take ours, by its name, and all else that the other does would be gone.
    `-P`: the folder that it is started in is the user's, and no place to import from.
    """
    # As jupyter_lsp.specs.utils.PythonModuleSpec of jupyter-lsp 2.3.1 finds it.
    python_lsp_server = importlib.util.find_spec("pylsp")
    if python_lsp_server is not None and python_lsp_server.origin:
        return {}
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
