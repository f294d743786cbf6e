"""Comments that silence findings: unused ones, reasons, names."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cli import run
from test_config import codes, write

HEAD = "import jax\nfrom flax import nnx\n"
BAD = "noise = jax.random.normal(nnx.Rngs(0), (2, 3))"
GOOD = "noise = jax.random.normal(nnx.Rngs(0).params(), (2, 3))"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{GOOD}  # nnx-lint: ignore[rngs_as_key] -- old\nx = 1\n", f"{GOOD}\nx = 1\n"),
        (f"{GOOD}  # nnx-lint: ignore\n", f"{GOOD}\n"),
        (f"{GOOD}  # noqa: NNX101\n", f"{GOOD}\n"),
        (f"{GOOD}  # noqa: E501, NNX101\n", f"{GOOD}  # noqa: E501\n"),
        (f"{GOOD}  # noqa: NNX101, E501\n", f"{GOOD}  # noqa: E501\n"),
        (f"{GOOD}  # type: ignore  # nnx-lint: ignore[NNX1]\n", f"{GOOD}  # type: ignore\n"),
        (f"{BAD}  # nnx-lint: ignore[rngs_as_key, traced_branch] -- why\n", f"{BAD}  # nnx-lint: ignore[rngs_as_key] -- why\n"),
        (f"# nnx-lint: ignore-file[NNX4] -- x\n{GOOD}\n", f"{GOOD}\n"),
        (f"if jax:\n    # nnx-lint: ignore-next-line[NNX101]\r\n    {GOOD}\r\n", f"if jax:\n    {GOOD}\r\n"),
        (f"{GOOD}  # nnx-lint: ignore[NNX101]", GOOD),
    ],
)
def test_an_unused_comment_is_found_and_removed(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / "a.py").write_bytes((HEAD + before).encode())
    assert codes(tmp_path, ".") == ["a.py NNX005"]
    assert codes(tmp_path, ".") == ["a.py NNX005"]  # From the cache.
    done = run("--fix", ".", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "a.py").read_bytes().decode()) == (0, HEAD + after)


@pytest.mark.parametrize(
    "line",
    [
        f"{BAD}  # nnx-lint: ignore[rngs_as_key] -- shown",
        f"{BAD}  # noqa: NNX101",
        f"{BAD}  # nnx-lint: ignore[NNX1]",
        f"{GOOD}  # noqa",
        f"{GOOD}  # noqa: E501",
        "text = '''\n# nnx-lint: ignore[NNX101]\n'''",
        f"{GOOD}  # nnx-lint: ignore[NNX101]\nx = (",
    ],
)
def test_a_comment_with_a_use_or_of_unknown_use_stays(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.py").write_text(f"{HEAD}{line}\n")
    assert [each for each in codes(tmp_path, ".") if "NNX005" in each] == []


def test_a_comment_for_a_rule_that_is_off_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"{HEAD}{GOOD}  # nnx-lint: ignore[NNX101]\n")
    assert codes(tmp_path, "--select", "NNX4", ".") == []
    assert codes(tmp_path, "--ignore", "unused_suppression", ".") == []


def test_what_only_a_caller_in_another_file_shows_is_judged_in_the_whole_project_alone(tmp_path: Path) -> None:
    helper = "def positive(x):\n    return x if x > 0 else -x  # nnx-lint: ignore[traced_branch] -- known\n"
    main = "from flax import nnx\nfrom helper import positive\n\n@nnx.jit\ndef step(x):\n    return positive(x)\n"
    write(tmp_path, {"helper.py": "import jax\n" + helper, "main.py": main})
    assert codes(tmp_path, ".") == []
    assert codes(tmp_path, "helper.py") == []
    write(tmp_path, {"main.py": main.replace("@nnx.jit\n", "")})
    assert codes(tmp_path, "helper.py") == []
    assert codes(tmp_path, ".") == ["helper.py NNX005"]
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    (tmp_path / "helper.py").rename(tmp_path / "sub" / "helper.py")
    assert codes(tmp_path, "sub") == []


def test_names_and_reasons(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"{HEAD}{BAD}  # nnx-lint: ignore[rngs_as_kee]\n")
    done = run("--output-format", "concise", ".", cwd=tmp_path)
    assert "NNX004 `rngs_as_kee` names no rule; the nearest is `rngs_as_key`" in done.stdout
    (tmp_path / "nnx-lint.toml").write_text("require-reasons = true\n")
    for comment, expected in (
        ("# nnx-lint: ignore[NNX101]", ["a.py NNX006"]),
        ("# noqa: NNX101", ["a.py NNX006"]),
        ("# nnx-lint: ignore[NNX101] -- shown", []),
        ("# nnx-lint: ignore", ["a.py NNX006"]),
    ):
        (tmp_path / "a.py").write_text(f"{HEAD}{BAD}  {comment}\n")
        assert codes(tmp_path, ".") == expected


def test_what_is_found_is_silenced_with_a_reason(tmp_path: Path) -> None:
    call = BAD.removeprefix("noise = ")
    long = f"x = [\n    1,\n    jax.random.normal(\n        nnx.Rngs(0),  # a key\n        (2, 3),\n    ),\n] + [{call}, {call}]\n"
    branch = "@nnx.jit\ndef f(x):\n    return 1 if x > 0 else jax.random.normal(nnx.Rngs(0), (2, 3))\n"
    (tmp_path / "a.py").write_text(f"{HEAD}{BAD}\n{long}{branch}")
    before = codes(tmp_path, ".")
    assert len(before) == 6
    assert run("--add-ignores", "  ", ".", cwd=tmp_path).returncode == 2
    assert "+noise" in run("--add-ignores", "legacy", "--diff", ".", cwd=tmp_path).stdout
    done = run("--add-ignores", "legacy, see #12", ".", cwd=tmp_path)
    text = (tmp_path / "a.py").read_text()
    assert (done.returncode, codes(tmp_path, ".")) == (0, [])
    assert f"{BAD}  # nnx-lint: ignore[rngs_as_key] -- legacy, see #12\n" in text
    assert (
        "# nnx-lint: ignore[rngs_as_key, traced_branch] -- legacy, see #12" in text
        or "# nnx-lint: ignore[traced_branch, rngs_as_key] -- legacy, see #12" in text
    )
    without = "\n".join(line.split("  # nnx-lint")[0] for line in text.splitlines())
    assert without == "\n".join(f"{HEAD}{BAD}\n{long}{branch}".splitlines())
