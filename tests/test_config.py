"""Configuration: which file counts, what it may say, and what is said where it is wrong."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from test_cli import BAD, GOOD, run

from nnx_lsp import engine
from nnx_lsp.config import KEYS, ConfigError, Settings, read
from nnx_lsp.dev import schemas

TWO = BAD + "\n@nnx.jit\ndef f(x):\n    return 1 if x > 0 else 2\n"


def codes(folder: Path, *arguments: str) -> list[str]:
    done = run("--output-format", "concise", "--quiet", *arguments, cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    return [f"{line.split(':')[0]} {line.split()[1]}" for line in done.stdout.splitlines()]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_the_nearest_file_counts_for_each_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": '[tool.nnx-lint]\nignore = ["NNX1"]\n',
            "a.py": TWO,
            "sub/nnx-lint.toml": 'ignore = ["traced_branch"]\n',
            "sub/pyproject.toml": '[tool.nnx-lint]\nignore = ["ALL"]\n',
            "sub/deep/b.py": TWO,
            "other/pyproject.toml": "[tool.another]\nx = 1\n",
            "other/c.py": TWO,
        },
    )
    expected = ["a.py NNX401", "other/c.py NNX401", "sub/deep/b.py NNX101"]
    assert codes(tmp_path, ".") == expected
    assert codes(tmp_path, "--jobs", "2", "--no-cache", ".") == expected
    assert codes(tmp_path, ".") == expected  # From the cache.


def test_a_finding_in_another_file_is_told_under_that_file_s_settings(tmp_path: Path) -> None:
    helper = "def positive(x):\n    return x if x > 0 else -x\n"
    main = "from flax import nnx\nfrom sub.helper import positive\n\n@nnx.jit\ndef step(x):\n    return positive(x)\n"
    write(tmp_path, {"main.py": main, "sub/__init__.py": "", "sub/helper.py": helper, "sub/nnx-lint.toml": ""})
    assert codes(tmp_path, "main.py") == ["sub/helper.py NNX401"]
    write(tmp_path, {"sub/nnx-lint.toml": 'ignore = ["NNX4"]'})
    assert codes(tmp_path, "main.py") == []
    write(tmp_path, {"sub/nnx-lint.toml": 'severity = { tracing = "info" }'})
    assert run("main.py", cwd=tmp_path).returncode == 0


def test_extend(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "base/lint.toml": 'ignore = ["NNX1"]\nextend-select = ["NNX2"]\nseverity = { NNX401 = "info", NNX101 = "info" }\nfail-on = "error"\n',
            "nnx-lint.toml": 'extend = "base/lint.toml"\nextend-select = ["NNX3"]\nseverity = { NNX401 = "warning" }\n',
        },
    )
    found = read(tmp_path / "nnx-lint.toml", engine.rules)
    assert (found.ignore, found.extend_select, found.fail_on) == (("NNX1",), ("NNX2", "NNX3"), "error")
    by_name = {rule.name: found.severity_of(rule) for rule in engine.rules()}
    assert [str(by_name[name].value) for name in ("traced_branch", "rngs_as_key")] == ["warning", "info"]
    write(tmp_path, {"base/lint.toml": 'extend = "../nnx-lint.toml"\n'})
    with pytest.raises(ConfigError, match="leads back"):
        read(tmp_path / "nnx-lint.toml", engine.rules)


def test_per_file_ignores_exclude_and_force_exclude(tmp_path: Path) -> None:
    table = 'exclude = ["/gen/", "*_old.py"]\nper-file-ignores = { "tests/" = ["NNX1"], "**/special.py" = ["tracing"] }\n'
    write(tmp_path, {"nnx-lint.toml": table})
    write(tmp_path, dict.fromkeys(("a.py", "gen/b.py", "c_old.py", "tests/deep/d.py", "x/special.py", "x/gen/e.py"), TWO))
    expected = ["a.py NNX101", "a.py NNX401", "tests/deep/d.py NNX401", "x/gen/e.py NNX101", "x/gen/e.py NNX401", "x/special.py NNX101"]
    assert codes(tmp_path, ".") == expected
    (tmp_path / "elsewhere").mkdir()
    assert [line.removeprefix("../") for line in codes(tmp_path / "elsewhere", "..")] == expected
    assert codes(tmp_path, "gen/b.py") == ["gen/b.py NNX101", "gen/b.py NNX401"]
    assert codes(tmp_path, "--force-exclude", "gen/b.py", "a.py") == expected[:2]
    assert codes(tmp_path, "--exclude", "/x", "--exclude", "tests", ".") == expected[:2]


WRONG = [
    ("a = 1\n[tool.nnx-lint]\n\nselekt = []\n", 4, "`selekt` is no setting; the nearest is `select`"),
    ('[tool.nnx-lint]\nselect = ["ALL"]\nignore = [\n  "NNX1",\n  "rngs_as_keys",\n]\n', 5, "`rngs_as_keys` names no rule; the nearest is `rngs_as_key`"),
    ("[tool.nnx-lint]\nselect = 3\n", 2, "`select` is 3; it must be a list of strings"),
    ('[tool.nnx-lint]\nflax-version = "new"\n', 2, "`flax-version`: "),
    ('[tool.nnx-lint.severity]\nNNX101 = "info"\nNNX401 = "errror"\n', 3, "`severity.NNX401` is 'errror'; allowed are error, warning, info, off"),
    ('[tool.nnx-lint.per-file-ignores]\n"a.py" = ["NNX1"]\n"tests/x" = "NNX1"\n', 3, "it must be a list of strings"),
    ('[tool.nnx-lint]\nper-file-ignores = { "a" = ["nix"] }\n', 2, "`nix` names no rule"),
    ('[tool.nnx-lint]\nrequire-reasons = "yes"\n', 2, "`require-reasons` is 'yes'; it must be true or false"),
    ('[tool.nnx-lint]\nfail-on = "off"\n', 2, "it must be one of error, warning, info"),
    ("[tool.nnx-lint]\ntime-limit = 0\n", 2, "it must be a number of seconds above 0"),
    ("[tool.nnx-lint]\ntime-limit = nan\n", 2, "it must be a number of seconds above 0"),
    ('[tool.nnx-lint]\nextend = "nowhere.toml"\n', 2, "`extend`: there is no file nowhere.toml"),
    ('[tool.nnx-lint]\nextend = "\\u0000"\n', 2, "it must be a path"),
    ('[tool.nnx-lint]\nbaseline = "\\u0000"\n', 2, "it must be a path"),
    ("[tool.nnx-lint]\nmarkdown = [\n", None, "is no valid TOML"),
    ('[tool]\nnnx-lint = "x"\n', None, "it must be a table"),
]


@pytest.mark.parametrize(("text", "row", "message"), WRONG)
def test_what_is_wrong_is_named_with_file_and_row(tmp_path: Path, text: str, row: int | None, message: str) -> None:
    write(tmp_path, {"pyproject.toml": text, "a.py": GOOD})
    done = run(".", cwd=tmp_path)
    assert done.returncode == 2
    where = f"pyproject.toml:{row}: " if row else "pyproject.toml: "
    assert where in done.stderr
    assert message in done.stderr


def test_show_files_and_settings(tmp_path: Path) -> None:
    write(tmp_path, {"nnx-lint.toml": 'ignore = ["NNX1"]\nexclude = ["b.py"]\n', "a.py": BAD, "b.py": BAD})
    assert run("--show-files", ".", cwd=tmp_path).stdout == "a.py\n"
    shown = run("--show-settings", "--ignore", "NNX2", ".", cwd=tmp_path).stdout
    assert "nnx-lint.toml" in shown.splitlines()[0]
    table = tomllib.loads(shown)
    assert table["ignore"] == ["NNX1", "NNX2"]
    jsonschema.validate(table, schemas.settings())


def test_the_schemas_are_fresh_and_know_every_setting() -> None:
    for name, text in schemas.rendered().items():
        assert (schemas.FOLDER / name).read_text() == text, "run python -m nnx_lsp.dev.schemas"
    properties = json.loads(schemas.rendered()["nnx-lint.schema.json"])["properties"]
    assert properties.keys() == KEYS.keys()
    assert {key.replace("-", "_") for key in KEYS} - {"extend"} == set(Settings.__struct_fields__) - {"jax_version", "is_hearsay"}


@pytest.mark.parametrize(("text", "row", "message"), [case for case in WRONG if case[1]])
def test_the_schema_refuses_what_the_program_refuses(text: str, row: int, message: str) -> None:
    table = tomllib.loads(text)["tool"]["nnx-lint"]
    if "flax-version" in table or "extend" in table or "baseline" in table or "nan" in text:
        pytest.skip("the schema knows no versions, files and NaN")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, schemas.settings())


def test_json_findings_validate(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": TWO})
    schema = json.loads(schemas.rendered()["findings.schema.json"])
    found = json.loads(run("--output-format", "json", ".", cwd=tmp_path).stdout)
    jsonschema.validate(found, schema)
    assert len(found) == 2
