"""Shows programs, and what they are made of."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from nnx_lsp.dev.python_programs import program, programs
from nnx_lsp.dev.python_programs.constructs import constructs


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what is asked for; 0 if it is there."""
    parser = argparse.ArgumentParser(prog="python -m nnx_lsp.dev.python_programs", description=__doc__)
    parser.add_argument("--show", type=int, metavar="SEED", help="print the program of a seed")
    parser.add_argument("--count", type=int, default=1000, help="how many programs are looked at (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--constructs", action="store_true", help="print how often each construct occurs in them")
    given = parser.parse_args(arguments)
    if given.show is not None:
        sys.stdout.write(program(given.show))
    if given.constructs:
        for name, count in sorted(constructs(programs(given.seed, given.count)).items(), key=lambda item: (item[1], item[0])):
            print(f"{count:6}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
