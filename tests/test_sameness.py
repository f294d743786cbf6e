"""What is found stays the same where the meaning of a program does, and what the server shows is what a fresh run finds after each change of a statement.

`python -m nnx_lsp.dev.sameness fixtures --write tests/expected/sameness.json` goes through all fixtures; here a part of them is drawn, the same in each run.
"""

from __future__ import annotations

import json
from pathlib import Path
from zlib import crc32

import pytest

from nnx_lsp.dev.sameness import WAYS, Texts, Variant, differences, is_plain, programs
from nnx_lsp.dev.statements import steps

ROOT = Path(__file__).parent.parent
KNOWN: dict[str, dict[str, list[str]]] = json.loads((ROOT / "tests/expected/sameness.json").read_text())
CAUSES = {
    "NNX646": "a name of a module that nobody uses may be used by others, one of a function is not",
    "NNX595": "a function at the top level is called once, one in a function may be called again",
    "NNX960": "a loop in a function is told of at the call too",
    "NNX602": "a function that nobody calls in its own file is judged by its annotation, which may name a base of what it is given",
    "NNX301": "where the use stands in the same unit as the class, both the cause and the error are told",
    "NNX101": "that a call contradicts an annotation is seen in the same file alone",
    "NNX110": "a test function in a file that is not named as a test",
    "NNX108": "a comment that says that it is meant stands beside other code where lines are broken anew",
    "NNX711": "a module of a package, without relative imports, that has the name of a library is taken for it in a file beside it",
}
"""Why what is found is another: by the code that is lost or new."""
ALL = [(name, texts) for name, texts in programs(ROOT / "fixtures") if is_plain(texts)]


def drawn(part: int, of: int) -> list[tuple[str, Texts]]:
    """Every so many-th of the fixtures by the digest of its name."""
    return [(name, texts) for name, texts in ALL if crc32(name.encode()) % of == part]


@pytest.mark.parametrize(("number", "way"), list(enumerate(WAYS)), ids=list(WAYS))
def test_what_is_found_stays_the_same(number: int, way: str) -> None:
    for name, texts in drawn(number % 4, 4):
        found = [change for each in differences(name, texts, {way: WAYS[way]}) for change in each.changes]
        assert found == KNOWN.get(way, {}).get(name, []), f"{name}, written anew: {way}"


def test_each_known_difference_has_its_cause() -> None:
    codes = {change.split(" ")[0][1:] for those in KNOWN.values() for changes in those.values() for change in changes}
    assert codes == CAUSES.keys()


def test_a_difference_is_seen() -> None:
    text = "import jax\nfrom flax import nnx\njax.random.normal(nnx.Rngs(0), (2, 3))\n"
    (each,) = differences("program", {"a.py": text}, {"without the mistake": lambda texts: _corrected(texts)})
    assert each.changes == ("-NNX101 a.py:12",)


def _corrected(texts: Texts) -> Variant:
    return Variant({path: text.replace("nnx.Rngs(0)", "nnx.Rngs(0).params()") for path, text in texts.items()}, tuple(texts), lambda token: token)


def test_the_server_shows_what_a_fresh_run_finds_after_each_change_of_a_statement() -> None:
    assert [step for name, texts in drawn(3, 40) for step in steps(name, texts)] == []
