"""The command `nnx-lsp`: the language server on standard input and output."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from nnx_lsp import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the client ends it."""
    parser = argparse.ArgumentParser(prog="nnx-lsp", description="The language server of nnx-lint. It speaks LSP on standard input and output.")
    parser.add_argument("--stdio", action="store_true", help="standard input and output (the default)")
    parser.add_argument("--tcp", metavar="HOST:PORT", help="listen on a TCP port instead")
    parser.add_argument("--log-file", metavar="FILE", help="write a log")
    parser.add_argument("--version", action="version", version=f"nnx-lsp {__version__}")
    given = parser.parse_args(None if arguments is None else list(arguments))
    # Nothing of the workspace is ever importable: an editor may start the server inside of it.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]
    if given.log_file:
        logging.basicConfig(filename=given.log_file, level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    from nnx_lsp.server.server import make

    server = make()
    if given.tcp:
        host, _, port = given.tcp.rpartition(":")
        if not port.isdigit():
            parser.error(f"--tcp {given.tcp}: a host and a port are written HOST:PORT")
        server.start_tcp(host or "127.0.0.1", int(port))
    else:
        server.start_io()
    return 0


def run() -> None:
    """The entry point of the console script."""
    sys.exit(main())


if __name__ == "__main__":
    run()
