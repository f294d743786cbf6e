"""Writing to what the user names: reports, logs, the baseline. A source is refused; a device or a pipe is written to, and never replaced by a file."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Collection
from pathlib import Path

from nnx_lsp.project import discovery
from nnx_lsp.syntax import markdown

_SOURCES = (*discovery.SUFFIXES, *markdown.SUFFIXES)
_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_DESCRIPTOR = re.compile(r"/(?:dev|proc/(?P<process>self|\d+))/fd/(?P<number>\d+)")
_MAX_LINKS = 40


class TargetError(Exception):
    """What is named is not to be written; the message says what was given and what is allowed."""


def check(name: str, checked: Collection[str] = ()) -> None:
    """See that a name may be written; `checked` are the sources of this run, without links. Raises `TargetError`."""
    real = os.path.realpath(name)
    if real in checked or any(each.lower().endswith(_SOURCES) for each in (name, real)):
        leads = f", which leads to {real}," if Path(name).is_symlink() else ""
        raise TargetError(f"{name}{leads} is a source; give a file that is not checked and does not end in {', '.join(_SOURCES)}")
    if stat.S_ISBLK(_mode(real)):
        raise TargetError(f"{name} is a disk; give a file, a pipe, or a device such as /dev/null")


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, through links; what is a pipe or a device takes the data as it is. Raises `OSError`."""
    mode = _mode(str(path))
    if (number := descriptor(str(path))) is not None:
        sys.stdout.flush()
        sys.stderr.flush()
        opened = os.dup(number)
    elif not mode or stat.S_ISREG(mode):
        from nnx_lsp.fixes import write_whole  # Needed where something is written: most runs do without it.

        write_whole(path, data)
        return
    elif stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        opened = os.open(path, os.O_WRONLY)
    else:
        raise OSError(errno.EINVAL, "it is neither a file, nor a pipe, nor a device such as /dev/null")
    with os.fdopen(opened, "wb") as stream:
        stream.write(data)


def descriptor(name: str) -> int | None:
    """The number of the open file of this process that a name stands for, as `/dev/stdout` does.

    To open it by its name would begin anew in what standard output is directed to.
    """
    for _ in range(_MAX_LINKS):
        folder, last = os.path.split(os.path.abspath(name))
        name = os.path.join(os.path.realpath(folder), last)
        if name in _STREAMS:
            return _STREAMS[name]
        found = _DESCRIPTOR.fullmatch(name)
        if found is not None and found["process"] in (None, "self", str(os.getpid())):
            return int(found["number"])
        if not os.path.islink(name):
            return None
        name = os.path.join(os.path.realpath(folder), os.readlink(name))
    return None


def _mode(name: str) -> int:
    """The kind of a file; 0 where there is none that can be looked at."""
    try:
        return os.stat(name).st_mode
    except OSError:
        return 0


__all__ = ["TargetError", "check", "descriptor", "write"]
