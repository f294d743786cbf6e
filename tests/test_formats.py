"""The output formats: each against a schema that others wrote, and on source that tries to command what shows it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import junitparser
import pytest
import xmlschema
from markdown_it import MarkdownIt
from test_cli import run

from nnx_lsp.cli import formats

SCHEMAS = Path(__file__).with_name("schemas")
EXAMPLE = Path(__file__).parent.parent / "examples" / "digits"
ATTACKS = ("\\x1b[31m\\n::error::x", "|<img src=x>|@you", "[link](target)", "`::error::x *b*", "##vso[task.x]y", "##[error]z", "%0A::error::%25,:;]")
HOSTILE = (
    "import jax\nfrom flax import nnx\n"
    + "".join(f'jax.random.normal(nnx.Rngs(len("{attack}")), (2, 3))  # \x1b[31m \x07 \u202e ::error::x\n' for attack in ATTACKS)
    + 'text = """\n::error file=a.py::injected\n##[error]injected\n##vso[task.complete result=Failed;]injected\n"""\n'
    + 'def way(x, note="""\n  ::error file=a.py::injected\n"""): return inner(x)\n'
    + "def inner(x):\n    return 1 if x > 0 else 2\n"
    + 'run = nnx.jit(\n    lambda x: way(x, """\n::error file=a.py::on the way\n"""))\n'
)
NAMES = ("plain.py", "::error file=a::name.py", "a | <b> `c` %0A::error::,d.py")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    for name in NAMES:
        (folder / name).write_text(HOSTILE)
    return folder


def shown(name: str, folder: Path) -> str:
    """A format of what is found in the Python files: rows of a notebook's cells are none of its file, see `test_notebook`."""
    done = run("--output-format", name, "--quiet", *sorted(path.name for path in folder.glob("*.py")), cwd=folder)
    assert done.returncode == 1, done.stderr
    return done.stdout


def located(each: dict[str, Any]) -> tuple[str, int, str]:
    return each["filename"], each["location"]["row"], each["code"]


def test_the_hostile_files_have_the_findings_that_the_tests_are_about(hostile: Path) -> None:
    found = json.loads(shown("json", hostile))
    assert len(found) >= 2 * len(NAMES)
    assert {each["filename"] for each in found} == set(NAMES)
    assert all(any(attack.replace("\\n", "") in each["message"].replace("\\n", "") for each in found) for attack in ATTACKS)
    assert any("::error file=a.py::on the way" in step["message"] for each in found for step in each["path"])


@pytest.mark.parametrize("folder", ["hostile", "digits"])
def test_sarif_validates_and_says_all(folder: str, hostile: Path) -> None:
    place = hostile if folder == "hostile" else EXAMPLE
    log = json.loads(shown("sarif", place))
    jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text())).validate(log)
    (one,) = log["runs"]
    results, expected = one["results"], json.loads(shown("json", place))
    assert [result["ruleId"] for result in results] == [each["code"] for each in expected]
    for result, each in zip(results, expected, strict=True):
        assert one["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == each["code"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert (region["startLine"], region["startColumn"]) == (each["location"]["row"], each["location"]["column"])
        steps = result["codeFlows"][0]["threadFlows"][0]["locations"] if each["path"] else []
        assert [step["location"]["message"]["text"].replace("\\[", "[") for step in steps][:-1] == [step["message"] for step in each["path"]]
        assert len(result.get("fixes", [])) == (each["fix"] is not None)
    addresses = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in results]
    assert all(not address["uri"].startswith(("/", "file:")) and address["uriBaseId"] == "%SRCROOT%" for address in addresses)
    assert all(rule["help"]["markdown"] for rule in one["tool"]["driver"]["rules"])


def test_fingerprints_stay_when_code_moves_and_differ_between_findings(tmp_path: Path) -> None:
    text = (EXAMPLE / "model.py").read_text()

    def prints(source: str) -> list[str]:
        (tmp_path / "model.py").write_text(source)
        return [result["partialFingerprints"]["nnxLint/v1"] for result in json.loads(shown("sarif", tmp_path))["runs"][0]["results"]]

    before = prints(text)
    assert len(set(before)) == len(before) > 5
    assert prints("# a comment\n\n\n" + text.replace("\n\n\n", "\n\n\n# more\n\n\n")) == before
    assert prints(text.replace("    ", "  ")) == before
    assert prints(text.replace("class Classifier", "class Other")) != before


def test_suppressed_findings_are_in_sarif_with_their_reasons(tmp_path: Path) -> None:
    line = "noise = jax.random.normal(nnx.Rngs(0), (2, 3))"
    (tmp_path / "a.py").write_text(f"import jax\nfrom flax import nnx\n{line}  # nnx-lint: ignore[rngs_as_key] -- shown to raise\n")
    done = run("--output-format", "sarif", "a.py", cwd=tmp_path)
    log = json.loads(done.stdout)
    jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text())).validate(log)
    (result,) = log["runs"][0]["results"]
    assert (done.returncode, result["suppressions"]) == (0, [{"kind": "inSource", "status": "accepted", "justification": "shown to raise"}])


def test_gitlab_validates(hostile: Path) -> None:
    issue = jsonschema.Draft7Validator(json.loads((SCHEMAS / "codeclimate-issue.json").read_text()))
    for folder in (hostile, EXAMPLE):
        issues = json.loads(shown("gitlab", folder))
        for each in issues:
            issue.validate(each)
            assert {"description", "check_name", "fingerprint", "severity", "location"} <= each.keys()
        assert len({each["fingerprint"] for each in issues}) == len(issues) == len(json.loads(shown("json", folder)))


def test_rdjson_validates_and_counts_bytes(hostile: Path, tmp_path: Path) -> None:
    schema = jsonschema.Draft7Validator(json.loads((SCHEMAS / "rdformat.json").read_text()))
    for folder in (hostile, EXAMPLE):
        schema.validate(json.loads(shown("rdjson", folder)))
    (tmp_path / "a.py").write_text('import jax\nfrom flax import nnx\nx = ("é→", jax.random.normal(nnx.Rngs(0), (2, 3)))\n')
    (found,) = json.loads(shown("rdjson", tmp_path))["diagnostics"]
    line = (tmp_path / "a.py").read_bytes().splitlines()[2]
    assert found["location"]["range"]["start"]["column"] == line.index(b"nnx.Rngs") + 1


def test_junit_validates(hostile: Path, tmp_path: Path) -> None:
    schema = xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))
    (tmp_path / "clean.py").write_text("x = 1\n")
    for folder, count in ((hostile, len(json.loads(shown("json", hostile)))), (EXAMPLE, len(json.loads(shown("json", EXAMPLE)))), (tmp_path, 0)):
        text = run("--output-format", "junit", "--quiet", *sorted(path.name for path in folder.glob("*.py")), cwd=folder).stdout
        schema.validate(text)
        read = junitparser.JUnitXml.fromstring(text.encode())
        assert sum(len(case.result) for suite in read for case in suite) == count
        assert [suite.name for suite in read] == sorted(suite.name for suite in read)


COMMAND = re.compile(r"::(?P<kind>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")


def commands(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """The commands of a log, read as GitHub's runner reads them."""

    def plain(value: str) -> str:
        for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            value = value.replace(code, char)
        return value

    for line in text.splitlines():
        found = COMMAND.fullmatch(line)
        assert found, line
        yield found["kind"], {key: plain(value) for key, _, value in (part.partition("=") for part in found["properties"].split(","))}, plain(found["message"])


@pytest.mark.parametrize("folder", ["hostile", "digits"])
def test_github_commands_are_ours_alone_and_errors_come_first(folder: str, hostile: Path) -> None:
    place = hostile if folder == "hostile" else EXAMPLE
    expected = json.loads(shown("json", place))
    found = list(commands(shown("github", place)))
    assert sorted((properties["file"], int(properties["line"]), properties["title"].split()[1]) for _, properties, _ in found) == sorted(map(located, expected))
    kinds = [kind for kind, _, _ in found]
    assert kinds == sorted(kinds, key=["error", "warning", "notice"].index)


@pytest.mark.parametrize("name", ["full", "concise", "grouped", "statistics", "github", "azure", "junit"])
def test_nothing_of_the_source_commands_a_terminal_or_a_log(name: str, hostile: Path) -> None:
    text = shown(name, hostile)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    lines = text.splitlines()
    if name != "github":
        assert not [line for line in lines if line.lstrip().startswith("::")]
    assert "##[" not in text
    if name == "azure":
        assert all(line.startswith("##vso[task.logissue type=") and line.count("##vso[") == 1 for line in lines)
    else:
        assert "##vso[" not in text


def test_under_github_actions_the_format_and_the_page_of_the_step_come_by_themselves(hostile: Path, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    variables = {**os.environ, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    command = [str(Path(sys.executable).with_name("nnx-lint")), "."]
    done = subprocess.run(command, cwd=hostile, env=variables, capture_output=True, text=True, check=False, timeout=120)
    found = list(commands(done.stdout))
    assert (done.returncode, len(found)) == (1, len(json.loads(shown("json", hostile))))
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(page.read_text())
    inline = [child for token in tokens if token.type == "inline" for child in token.children or ()]
    assert {child.type for child in inline} <= {"text", "text_special", "html_inline"}
    assert {child.content for child in inline if child.type == "html_inline"} == {"<code>", "</code>"}
    assert {token.type for token in tokens if token.nesting == 1 and token.level == 0} == {"heading_open", "paragraph_open", "table_open"}
    assert [sum(token.type == kind for token in tokens) for kind in ("th_open", "tr_open", "td_open")] == [4, len(found) + 1, 4 * len(found)]
    text = "".join(child.content for child in inline if child.type != "html_inline")
    assert "|<img src=x>|@you" in text
    assert "[link](target)" in text


def test_several_formats_at_once_and_files(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text((EXAMPLE / "model.py").read_text())
    done = run("--output-format", "concise", "--output-format", "sarif=out/a.sarif", "model.py", cwd=tmp_path)
    assert (done.returncode, "out/a.sarif: cannot be written" in done.stderr) == (2, True)
    (tmp_path / "out").mkdir()
    done = run("--output-format", "concise", "--output-format", "sarif=out/a.sarif", "--output-format", "jsonl=b.jsonl", "model.py", cwd=tmp_path)
    assert done.returncode == 1
    lines = [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()]
    results = json.loads((tmp_path / "out/a.sarif").read_text())["runs"][0]["results"]
    assert len(done.stdout.splitlines()) == len(lines) == len(results) > 5
    assert run("--output-file", "c.txt", "--output-format", "concise", "model.py", cwd=tmp_path).stdout == ""
    assert (tmp_path / "c.txt").read_text() == done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--output-format", "sarfi"), "sarfi is no format; the nearest is sarif"),
        (("--output-format", "full", "--output-format", "json"), "only one format goes to standard output"),
        (("--output-format", "json="), "write json=FILE"),
        (("--output-format", "json=a.json", "--output-file", "b.json"), "every format names its own file already"),
    ],
)
def test_a_wrong_format_is_named(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = run(*arguments, ".", cwd=tmp_path)
    assert (done.returncode, message in done.stderr) == (2, True)


def test_every_format_renders_a_clean_run(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from flax import nnx\n")
    for name in formats.names():
        done = run("--output-format", name, "--quiet", "a.py", cwd=tmp_path)
        assert (name, done.returncode, done.stderr) == (name, 0, "")


def test_colour_is_given_where_it_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text((EXAMPLE / "model.py").read_text())
    assert "\x1b[31;1m" in run("--color", "always", "model.py", cwd=tmp_path).stdout
    assert "\x1b" not in run("model.py", cwd=tmp_path).stdout


def test_the_example_of_the_readme_is_what_is_shown() -> None:
    readme = (EXAMPLE.parent.parent / "README.md").read_text(encoding="utf-8")
    example = next(part for part in readme.split("```") if part.startswith("\nexamples/digits/"))
    shown_lines = iter(run("examples/digits", cwd=EXAMPLE.parent.parent).stdout.splitlines())
    assert [line for line in example.strip().splitlines() if line.strip() != "…" and line not in shown_lines] == []
