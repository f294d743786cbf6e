"""Notebooks: cells as one program, what IPython adds, and fixes that leave the rest of the file as it is."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from nnx_lsp.project import files
from nnx_lsp.project.files import MAX_BYTES
from nnx_lsp.syntax import notebook
from nnx_lsp.text import Edit, Span

FILE = """{
 "cells": [
  {"cell_type": "markdown", "metadata": {}, "source": ["# jax, a title with \\u00fc\\n"]},
  {
   "cell_type": "code", "execution_count": 3, "id": "a", "metadata": {},
   "outputs": [ {"name":"stdout",   "output_type":"stream", "text":["\\u00e4\\n"]} ],
   "source": [
    "%matplotlib inline\\n",
    "import jax\\n",
    "from flax import nnx\\n",
    "s = \\"\U0001f600\\"; rngs = nnx.Rngs(0)"
   ]
  },
  {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": "%%bash\\nls ("},
  {"cell_type": "code", "metadata": {"vscode": {"languageId": "julia"}}, "outputs": [], "execution_count": null, "source": "f(x) = (2x"},
  {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null,
   "source": ["%time noise = jax.random.normal(rngs, (2, 3))  # \\u00fc\\n", "y = (\\n"]},
  {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": "%%time\\nif s:\\n    !ls\\nother = jax.random.normal(rngs, (2,))"}
 ],
 "metadata": {"kernelspec": {"language": "python"}},   "nbformat": 4, "nbformat_minor": 5
}
"""


def _lint(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "nnx_lsp.cli.main", "--no-cache", *arguments], capture_output=True, text=True, check=False)


def test_positions_name_the_cell(tmp_path: Path) -> None:
    file = tmp_path / "a.ipynb"
    file.write_text(FILE, encoding="utf-8")
    done = _lint("--output-format", "concise", str(tmp_path))
    assert [line.split(" ", 2)[:2] for line in done.stdout.splitlines()] == [
        [f"{file}:cell", "5:1:33:"],
        [f"{file}:cell", "5:2:5:"],
        [f"{file}:cell", "6:4:27:"],
    ]


def test_cells_that_draw_from_one_key(tmp_path: Path) -> None:
    """What is tried out cell by cell draws what it needs; that two draws are the same is said."""
    lines = ["import jax", "key = jax.random.key(0)", "x = jax.random.normal(key, (3,))", "jax.random.normal(key, (3,))"]
    lines += ["w = jax.random.normal(key, (4, 2))", "y = jax.random.normal(key, (3,))", "for _ in range(3):\n    z = jax.random.uniform(key)"]
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": line} for line in lines]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    done = _lint("--output-format", "concise", str(tmp_path))
    assert [line.split(":")[1:4] for line in done.stdout.splitlines()] == [["cell 6", "1", "23"]]


def test_a_fix_changes_nothing_but_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.ipynb"
    file.write_bytes(FILE.encode())
    _lint("--fix", str(file))
    assert file.read_bytes().decode() == FILE.replace("normal(rngs,", "normal(rngs.params(),")


PREPARED = [
    ("    x = train(model)\n    if x:\n        y = 1\n", "exec(__)\n\n\n"),
    ("\n  x = 1\ny = 2 + x + x\n", "\n\nexec(__)\n"),
    (" x\n", "\n"),
    ("%matplotlib inline\nx = 1\n", "\nx = 1\n"),
    ("!ls \\\n  -l\ny = 2", "\n\ny = 2"),
    ("if a:\n    %timeit f()\n    q?\nb\n", "if a:\n    __\n    __\nb\n"),
    ("%time x = f()\n%time for i in y: f()\n", "__;   x = f()\n\n"),
    ("%%bash\nls (\n", "\n\n"),
    ("%timeit f(x)\n%timeit f(\\\nx)\n", "#timeit f(x)\n\n\n"),
    ("\n%%timeit -n 3\nf(x)\n", "\n#%timeit -n 3\nf(x)\n"),
    ("%%capture out\nx = 1\n", "\nx = 1\n"),
    ("for a in b:\n    t['=', a] = %timeit -o f(a)\nt[0].x, (y, *z) = !ls\n", "for a in b:\n    t['=', a] = __\nt[0].x, (y, *z) = __\n"),
    ("files = !ls\nx = (a\n % b)\ns = '''\n!ls\n?\n'''\n!it's\nk = 1", "files = __\nx = (a\n % b)\ns = '''\n!ls\n?\n'''\n\nk = 1"),
    ("jnp.sum??\n?x\nx != y\nx = 'a?'\n", "\n\nx != y\nx = 'a?'\n"),
    ("pip install --upgrade flax\n", "\n"),
    ("load_ext autoreload", ""),
    ("time x = f()\n", "__;  x = f()\n"),
    ("store in x\n", "store in x\n"),
    ("time += 1\n", "time += 1\n"),
    ("save(x)\nsave (x)\n", "save(x)\nsave (x)\n"),
    ("get_ipython().run_line_magic('time', '')\n", "get_ipython().run_line_magic('time', '')\n"),
]


@pytest.mark.parametrize(("source", "expected"), PREPARED)
def test_what_ipython_adds_is_blank(source: str, expected: str) -> None:
    found = notebook.prepared(source)
    assert [line.rstrip() for line in found.split("\n")] == expected.split("\n")
    assert len(found) == len(source)


def test_any_new_source_is_read_back_and_the_rest_stays() -> None:
    random.seed(0)
    letters = 'ab\n"\\\u00fc\U0001f600\t'
    for _ in range(300):
        before = notebook.read(FILE)
        number = random.choice([2, 3, 5, 6])
        source = "".join(random.choice(letters) for _ in range(random.randrange(12)))
        after = notebook.rewritten(FILE, {number: source})
        data = json.loads(FILE)
        data["cells"][number - 1]["source"] = json.loads(after)["cells"][number - 1]["source"]
        assert json.loads(after) == data
        assert "".join(data["cells"][number - 1]["source"]) == source
        back = {cell.number: cell.source for cell in before.cells}.get(number, "%%bash\nls (")
        assert json.loads(notebook.rewritten(after, {number: back}))["cells"][number - 1]["source"] in (back, back.splitlines(keepends=True))


def test_edits_of_the_program_reach_their_cells() -> None:
    made = notebook.joined([(1, "a"), (2, "b\n"), (3, "")])
    assert made.text == "a\nb\n\n\n"
    assert notebook.edited(made.cells, [[Edit(Span(1, 1), "!"), Edit(Span(2, 2), "?\n"), Edit(Span(5, 5), "c")]]) == ("a!", "?\nb\n", "c")
    assert notebook.edited(made.cells, [[Edit(Span(2, 4), "")], [Edit(Span(0, 1), "long")]]) == ("long", "", "")


@pytest.mark.parametrize(
    ("text", "said"), [("{", "is no notebook"), ("[]", "is no notebook"), ('{"nbformat": 3, "worksheets": [], "x": "jax"}', "is a notebook of format 3")]
)
def test_what_is_no_notebook_is_said(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "a.ipynb"
    file.write_text(text + " " * 9 + ("" if "jax" in text else '"jax"'))
    assert said in _lint("--output-format", "concise", str(file)).stdout


def test_only_the_sources_count_for_the_size_of_a_file(tmp_path: Path) -> None:
    data = json.loads(FILE)
    data["cells"][1]["outputs"] = [{"output_type": "display_data", "data": {"image/png": "A" * (3 * MAX_BYTES)}, "metadata": {}}]
    (tmp_path / "pictures.ipynb").write_text(json.dumps(data))
    assert not isinstance(files.read(tmp_path / "pictures.ipynb"), files.Notice)
    data["cells"][1]["source"] = "#" * (MAX_BYTES + 1)
    (tmp_path / "long.ipynb").write_text(json.dumps(data))
    notice = files.read(tmp_path / "long.ipynb")
    assert isinstance(notice, files.Notice)
    assert f"the limit is {MAX_BYTES}" in notice.message
    (tmp_path / "none.ipynb").write_text("A" * (MAX_BYTES + 1))
    assert isinstance(files.read(tmp_path / "none.ipynb"), files.Notice)
