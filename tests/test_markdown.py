"""Python blocks of Markdown files, on request."""

from __future__ import annotations

from pathlib import Path

from test_cli import run
from test_config import codes, write

from nnx_lsp.syntax.markdown import programs

PAGE = """# A page about jax

```python
import jax
from flax import nnx
key = jax.random.key(0)
x = jax.random.normal(key, (2,))
```

Or so:

```py
y = jax.random.normal(key, (2,))
noise = jax.random.normal(nnx.Rngs(0), (2, 3))
```

1. In a list:

   ```python title="x"
   @nnx.jit
   def f(x):
       return 1 if x > 0 else 2
   ```

> ```python
> jax.random.normal(nnx.Rngs(0), (2, 3))
> ```

```python
jax.random.normal(nnx.Rngs(0), (2, 3))  # nnx-lint: ignore[rngs_as_key] -- shown
def g(...
```

```
jax.random.normal(nnx.Rngs(0), (2, 3))
```

```python
"""


def test_findings_stand_in_the_page(tmp_path: Path) -> None:
    write(tmp_path, {"docs/page.md": PAGE, "a.py": "x = 1\n"})
    done = run("--markdown", "--output-format", "concise", ".", cwd=tmp_path)
    assert [line.split(" ")[:2] for line in done.stdout.splitlines()] == [["docs/page.md:14:27:", "NNX101"], ["docs/page.md:22:20:", "NNX401"]]
    assert codes(tmp_path, ".") == []
    assert codes(tmp_path, "--markdown", "docs/page.md") == ["docs/page.md NNX101", "docs/page.md NNX401"]
    write(tmp_path, {"nnx-lint.toml": "markdown = true\n"})
    assert len(codes(tmp_path, ".")) == 2
    assert run("--fix", "--unsafe-fixes", ".", cwd=tmp_path).returncode == 1
    assert (tmp_path / "docs/page.md").read_text() == PAGE


def test_a_program_is_as_long_as_its_page_and_has_its_line_ends() -> None:
    for page in (PAGE, PAGE.replace("\n", "\r\n"), PAGE.replace("\n", "\r")):
        made = list(programs(page))
        assert len(made) == 5
        for program in made:
            assert [len(line) for line in program.splitlines()] == [len(line) for line in page.splitlines()]
            assert all(one == two or one == " " or (two == "`" or one in "if 1:") for one, two in zip(program, page, strict=True))


CELLS = """---
kernelspec:
  name: python3
---

```{code-cell} ipython3
:tags: [hide-input]
import jax
from flax import nnx
```

Text between the cells.

```{code-cell}
---
mystnb:
  image: {width: 200px}
---
%matplotlib inline
rngs = nnx.Rngs(0)
```

```{code-cell} ipython3
!pip list
noise = jax.random.normal(rngs, (2, 3))
```

```{code-cell} bash
noise = jax.random.normal(rngs, (2, 3))
```
"""


def test_the_cells_of_a_page_are_one_program(tmp_path: Path) -> None:
    write(tmp_path, {"page.md": CELLS})
    done = run("--markdown", "--output-format", "concise", ".", cwd=tmp_path)
    assert [line.split(" ")[:2] for line in done.stdout.splitlines()] == [["page.md:25:27:", "NNX101"]]
    for page in (CELLS, CELLS.replace("\n", "\r\n")):
        (program,) = programs(page)
        assert [len(line) for line in program.splitlines()] == [len(line) for line in page.splitlines()]
        assert [line for line in program.splitlines() if line.strip()] == [
            "import jax",
            "from flax import nnx",
            "rngs = nnx.Rngs(0)",
            "noise = jax.random.normal(rngs, (2, 3))",
        ]
