"""`python benchmarks/ecosystem.py LIST FOLDER`: lint published packages that use NNX, and print what is found by package and rule.

LIST has a line for each package: `name==version`, the number of files, and what it requires of flax (`any`, or a specifier). The packages are downloaded
with pip without their dependencies, unpacked below FOLDER, and never installed or imported.

The errors and warnings are compared with those of `benchmarks/ecosystem.json`, which were read and judged: one that came, and one
that went, is printed, and the status is 1. `--write` writes the list anew; a row that is new in it has no verdict until somebody gives it one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

VERSIONS = ("0.12.12", "0.12.8", "0.12.0", "0.11.2", "0.10.7")
JUDGED = Path(__file__).with_suffix(".json")


class Row(msgspec.Struct, frozen=True, order=True):
    """One error or warning of a package. `verdict` is `true`, `useless` or `false`; empty: nobody judged it."""

    package: str
    file: str
    row: int
    code: str
    severity: str
    verdict: str = ""

    @property
    def finding(self) -> Row:
        """The same without its verdict."""
        return msgspec.structs.replace(self, verdict="")


def fetched(requirement: str, folder: Path) -> Path:
    """The unpacked package."""
    target = folder / requirement.partition("==")[0]
    if target.is_dir():
        return target
    downloads = folder / "downloads" / target.name
    base = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(downloads)]
    wheel = [*base, "--only-binary", ":all:", "--python-version", "3.12", requirement]
    if subprocess.run(wheel, check=False, capture_output=True).returncode:
        subprocess.run([*base, "--no-build-isolation", "--no-binary", ":all:", requirement], check=True)
    for archive in downloads.iterdir():
        if archive.suffix in (".whl", ".zip"):
            zipfile.ZipFile(archive).extractall(target)
        else:
            with tarfile.open(archive) as file:
                file.extractall(target, filter="data")
    return target


def flax_version(requires: str) -> str:
    """The newest Flax version known here that a package allows."""
    try:
        allowed = SpecifierSet("" if requires == "any" else requires)
    except InvalidSpecifier:
        return VERSIONS[0]
    return next((version for version in VERSIONS if allowed.contains(version)), VERSIONS[0])


def linted(target: Path, version: str) -> list[dict[str, Any]]:
    """What is found in a package under a Flax version."""
    command = [str(Path(sys.executable).with_name("nnx-lint")), "--output-format", "json", "--flax-version", version, str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        print(done.stderr, file=sys.stderr)
    return list(json.loads(done.stdout))


def compared(found: list[Row], judged: list[Row]) -> int:
    """Print what differs between a run and the judged rows of its packages; 1 if anything does."""
    packages = {each.package for each in found} | {each.package for each in judged}
    before = Counter(each.finding for each in judged if each.package in packages)
    now = Counter(found)
    for sign, rows in (("+", now - before), ("-", before - now)):
        for each in sorted(rows.elements()):
            print(f"{sign} {each.package} {each.file}:{each.row} {each.code} {each.severity}")
    print("as judged" if now == before else "not as judged: read what came and what went, then give each row of the list its verdict")
    return 0 if now == before else 1


def main() -> int:
    """Print a row for each package, the counts by rule, and every finding that is no info; then compare with the judged ones."""
    parser = argparse.ArgumentParser(prog="python benchmarks/ecosystem.py")
    parser.add_argument("list", type=Path, metavar="LIST")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--write", action="store_true", help="write the list of judged rows anew; verdicts of rows that stay are kept")
    given = parser.parse_args()
    rules: Counter[str] = Counter()
    shown: list[str] = []
    rows: list[Row] = []
    names: set[str] = set()
    print("| package | Flax | files | errors | warnings | info |\n|--|--|--|--|--|--|")
    for line in given.list.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, requires = line.split(maxsplit=2)
        version = flax_version(requires.strip())
        target = fetched(name, given.folder)
        found = linted(target.resolve(), version)
        counts = Counter(each["severity"] for each in found)
        rules.update(f"{each['code']} {each['rule']} ({each['severity']})" for each in found)
        files = sum(1 for path in target.rglob("*.py") if path.is_file())
        print(f"| {name} | {version} | {files} | {counts['error']} | {counts['warning']} | {counts['info']} |", flush=True)
        names.add(name)
        for each in found:
            if each["severity"] == "info":
                continue
            file = Path(each["filename"]).resolve().relative_to(target.resolve()).as_posix()
            rows.append(Row(name, file, each["location"]["row"], each["code"], each["severity"]))
            shown.append(f"{target.name}/{file}:{each['location']['row']} {each['code']} {each['severity']}: {each['message']}")
    print()
    for rule, count in sorted(rules.items()):
        print(f"{count:>5} {rule}")
    print("\n".join(["", *shown, ""]))
    judged = msgspec.json.decode(JUDGED.read_bytes(), type=list[Row]) if JUDGED.exists() else []
    if given.write:
        verdicts = {each.finding: each.verdict for each in judged}
        kept = [each for each in judged if each.package not in names]
        new = sorted([*kept, *(msgspec.structs.replace(each, verdict=verdicts.get(each, "")) for each in rows)])
        JUDGED.write_bytes(b"[\n" + b",\n".join(map(msgspec.json.encode, new)) + b"\n]\n")
        return 0
    return compared(rows, [each for each in judged if each.package in names])


if __name__ == "__main__":
    sys.exit(main())
