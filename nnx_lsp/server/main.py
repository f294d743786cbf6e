"""The command `nnx-lsp`: the language server on standard input and output, a TCP port, or a WebSocket."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from nnx_lsp import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the client ends it."""
    parser = argparse.ArgumentParser(prog="nnx-lsp", description="The language server of nnx-lint.", allow_abbrev=False)
    transport = parser.add_mutually_exclusive_group()
    transport.add_argument("--stdio", action="store_true", help="standard input and output (the default)")
    transport.add_argument("--tcp", action="store_true", help="listen on a TCP port for one client")
    transport.add_argument("--ws", action="store_true", help="listen for one client's WebSocket; needs the extra `ws`")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=2087, help="the port to listen on (default: %(default)s)")
    parser.add_argument("--log-file", metavar="FILE", help="write a log")
    parser.add_argument("--version", action="version", version=f"nnx-lsp {__version__}")
    given = parser.parse_args(None if arguments is None else list(arguments))
    if not 0 <= given.port < 65536:
        parser.error(f"--port {given.port}: a port is a number from 0 to 65535")
    if given.ws and find_spec("websockets") is None:
        parser.error("--ws needs the package websockets: pip install 'nnx-lint[ws]'")
    here = _leave_workspace()
    from nnx_lsp import targets
    from nnx_lsp.server import logs
    from nnx_lsp.server.features import make
    from nnx_lsp.targets import TargetError

    if given.log_file:
        if targets.descriptor(str(here / given.log_file)) == 1 and not (given.tcp or given.ws):
            parser.error(f"--log-file {given.log_file}: standard output is what the client reads; give a file, a pipe, or /dev/stderr")
        try:
            targets.check(str(here / given.log_file))
            logs.write(here / given.log_file)
        except TargetError as error:
            parser.error(f"--log-file: {error}")
        except OSError as error:
            parser.error(f"--log-file {given.log_file}: cannot be written: {error.strerror or error}")
    sys.setswitchinterval(0.002)  # The thread that checks gives way sooner to the one that speaks with the client.
    server = make()
    try:
        if given.tcp:
            server.start_tcp(given.host, given.port)
        elif given.ws:
            server.start_ws(given.host, given.port)
        else:
            output = sys.stdout.buffer
            sys.stdout = sys.stderr  # What a plugin prints is no message to the client.
            server.start_io(stdout=output)
    except OSError as error:
        parser.error(f"--host {given.host} --port {given.port}: cannot be listened on: {error.strerror or error}")
    return 0


def _leave_workspace() -> Path:
    """Let nothing of the folder that the server was started in be importable, for an editor may start it inside of a workspace; and do not stand in it: it
    may go. Gives the folder."""
    try:
        here = Path.cwd()
    except OSError:  # It is gone already.
        here = Path("/")
    sys.path[:] = [entry for entry in sys.path if entry not in ("", ".") and (entry != str(here) or Path(__file__).is_relative_to(here))]
    os.chdir(here.anchor)
    return here


def run() -> None:
    """The entry point of the console script."""
    sys.exit(main())


if __name__ == "__main__":
    run()
