"""`python -m nnx_lsp.dev.models [--release V …] [--only REGEX] [--limit N] [--seed S]`: library models against `jax.eval_shape`.

Each public function of jax.numpy, jax.lax, jax.nn, jax.random, jax.numpy.linalg, jax.tree and jax.scipy.special, and each
layer of nnx, is called with arguments made from its signature, eagerly and under `jax.jit`. What the tracer says of the same
text must contain what JAX gives; where JAX raises, it is counted whether the tracer foresaw it. Wrong claims that are known
stand in `tests/expected/models.json`; a new one, and one that vanished, give exit status 1.
"""

from __future__ import annotations

import argparse
import re
import resource
import sys
from pathlib import Path

import msgspec

from nnx_lsp.dev.models import expected, report
from nnx_lsp.dev.models.release import Release
from nnx_lsp.dev.models.run import judged, subjects
from nnx_lsp.dev.models.search import Limits
from nnx_lsp.verify.environments import UnavailableError, environment

LIMIT = 30
"""How many accepted calls of a function are kept; of those that raise, two for five of these."""


def main() -> int:
    """Run, print, and compare with what is known."""
    parser = argparse.ArgumentParser(prog="python -m nnx_lsp.dev.models")
    parser.add_argument("--release", action="append", default=[], metavar="VERSION", help="a Flax release (default: the installed one)")
    parser.add_argument("--only", default="", metavar="REGEX", help="functions whose canonical name it finds")
    parser.add_argument("--limit", type=int, default=LIMIT, metavar="N", help=f"accepted calls of a function (default: {LIMIT})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write each judged call")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables")
    parser.add_argument("--expected", type=Path, default=expected.FILE, metavar="FILE", help="the wrong claims that are known")
    parser.add_argument("--write", action="store_true", help="write down what is wrong now as known")
    given = parser.parse_args()
    try:
        places = [environment(each, say=_say).python for each in given.release] or [Path(sys.executable)]
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return 2
    outcomes = [outcome(python, given.only, given.limit, given.seed) for python in places]
    for each in outcomes:
        print("\n".join(report.text(each)))
    if given.json is not None:
        given.json.write_bytes(msgspec.json.encode(outcomes))
    if given.markdown is not None:
        given.markdown.write_text("\n".join(report.markdown(outcomes)) + "\n", encoding="utf-8")
    known = expected.read(given.expected)
    if given.write:
        for each in outcomes:
            known = expected.updated(known, each)
        given.expected.parent.mkdir(parents=True, exist_ok=True)
        given.expected.write_text(expected.written(known), encoding="utf-8")
        return 0
    differing = [each for each in outcomes if _differs(each, known)]
    return 1 if differing else 0


def outcome(python: Path, only: str, limit: int, seed: int) -> report.Outcome:
    """What comes out of one environment."""
    before = _seconds()
    with Release(python) as release:
        chosen = [each for each in subjects(release) if re.search(only, each.name)]
        result = judged(release, chosen, seed, Limits(limit, limit * 2 // 5), _say)
        versions = release.versions
    return report.Outcome(versions, seed, limit, result, _seconds() - before)


def _differs(each: report.Outcome, known: expected.Expected) -> bool:
    line = known.get(each.versions.label)
    if line is None or (line.seed, line.limit) != (each.seed, each.limit):
        _say(f"nothing is known of {each.versions.label} with seed {each.seed} and limit {each.limit}: {len(each.wrong)} wrong claims are not compared")
        return False
    found = list(expected.differences(each, line))
    for difference in found:
        print(f"DIFFERS: {difference}")
    return bool(found)


def _seconds() -> float:
    """Processor time so far, that of processes which ended included."""
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
