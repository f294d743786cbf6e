"""`python benchmarks/ecosystem.py LIST FOLDER`: lint published packages that use NNX, and print what is found by package and rule.

LIST has a line for each package: `name==version`, the number of files, and what it requires of flax (`any`, or a specifier). The packages are downloaded
with pip without their dependencies, unpacked below FOLDER, and never installed or imported.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

VERSIONS = ("0.12.12", "0.12.8", "0.12.0", "0.11.2", "0.10.7")


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


def main() -> None:
    """Print a row for each package, the counts by rule, and every finding that is no info."""
    if len(sys.argv) != 3:
        sys.exit("usage: python benchmarks/ecosystem.py LIST FOLDER")
    folder = Path(sys.argv[2])
    rules: Counter[str] = Counter()
    shown: list[str] = []
    print("| package | Flax | files | errors | warnings | info |\n|--|--|--|--|--|--|")
    for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, requires = line.split(maxsplit=2)
        version = flax_version(requires.strip())
        target = fetched(name, folder)
        command = [str(Path(sys.executable).with_name("nnx-lint")), "--output-format", "json", "--flax-version", version, str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 2:
            print(done.stderr, file=sys.stderr)
        found = json.loads(done.stdout)
        counts = Counter(each["severity"] for each in found)
        rules.update(f"{each['code']} {each['rule']} ({each['severity']})" for each in found)
        files = sum(1 for path in target.rglob("*.py") if path.is_file())
        print(f"| {name} | {version} | {files} | {counts['error']} | {counts['warning']} | {counts['info']} |")
        shown += [
            f"{Path(each['filename']).relative_to(folder)}:{each['location']['row']} {each['code']} {each['severity']}: {each['message']}"
            for each in found
            if each["severity"] != "info"
        ]
    print()
    for rule, count in sorted(rules.items()):
        print(f"{count:>5} {rule}")
    print("\n".join(["", *shown]))


if __name__ == "__main__":
    main()
