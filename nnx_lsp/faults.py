"""What the engine itself reports about a file that it could not check, or not wholly: the codes NNX0xx."""

from __future__ import annotations

import msgspec

from nnx_lsp.severity import Severity


class Fault(msgspec.Struct, frozen=True):
    """A finding of the engine's own. It is always on; only its own code or name in `ignore` or `severity` turns it off."""

    code: str
    name: str
    severity: Severity
    summary: str
    page: str


def _fault(code: str, name: str, page: str, *, severity: Severity = Severity.ERROR) -> Fault:
    return Fault(code, name, severity, page.split("\n\n", 1)[0].rstrip("."), page)


SYNTAX_ERROR = _fault(
    "NNX001",
    "syntax_error",
    """A file that mentions flax, nnx or jax does not parse.

The statement that does not parse is left out, and the rest of the file is checked. A NUL byte and brackets that are nested too
deeply for the parser count as syntax errors too. Files that mention none of flax, nnx and jax are not read for
syntax, as this is no syntax checker; nor are templates, which lie below a folder such as `{{ cookiecutter.name }}`.""",
)
UNREADABLE_FILE = _fault(
    "NNX002",
    "unreadable_file",
    """A file cannot be read as Python text.

It cannot be opened, or its bytes are not text in the encoding that it declares (UTF-8 where it declares none, see PEP 263).
A file that was found by walking a folder is reported for its bytes only if they mention flax, nnx or jax.""",
)
INTERNAL_ERROR = _fault(
    "NNX003",
    "internal_error",
    """A rule, or the check of a whole file, failed by a mistake of this program.

The finding names the rule and the exception. All other rules and files were checked; the exit status is 2, since what the
failing part would have found is not known. Please report it with the smallest file that shows it.""",
)
MALFORMED_SUPPRESSION = _fault(
    "NNX004",
    "malformed_suppression",
    """A comment looks like a suppression of findings and is none.

Written as `# nnx-lint: ignore[rule] -- reason`, `# nnx-lint: ignore-next-line[rule]`, `# nnx-lint: ignore-file[rule]` or
`# noqa: NNX101`, where a rule is a code or a name. What the comment was meant to silence is reported as before.""",
    severity=Severity.WARNING,
)

UNUSED_SUPPRESSION = _fault(
    "NNX005",
    "unused_suppression",
    """A comment silences no finding, or names a rule of which it silences none.

What it was written for is repaired, or is no finding any more; left there it would hide the next one. `--fix` removes it.

A comment in a function or class may silence what only a call from another file shows. It is judged only where the whole project is checked: where a folder
is named that holds the configuration file, or the repository. Never judged: a comment that names a rule that is off or of other Flax versions, a bare `# noqa`
(it is meant for other tools too), and any comment of a file that does not parse.""",
    severity=Severity.WARNING,
)
SUPPRESSION_WITHOUT_REASON = _fault(
    "NNX006",
    "suppression_without_reason",
    """A comment silences findings and does not say why.

Reported where `require-reasons = true` is set. The reason stands behind two dashes: `# nnx-lint: ignore[rngs_as_key] -- shown to raise`. A `# noqa` has no
place for one; write the comment of this program in its stead.""",
    severity=Severity.WARNING,
)
OUT_OF_TIME = _fault(
    "NNX007",
    "out_of_time",
    """The check of a file took longer than it may.

The limit is `time-limit`, 60 seconds of the processor's time where nothing is set (ten times that on the clock, for what only waits); it holds where the
system has timers for it (not on Windows, not in the server). What the file would have shown is not known. A rule that takes a quarter of that for one
file is stopped alone, and named; the others speak. Such results are not kept for the next run.""",
    severity=Severity.WARNING,
)

FAULTS = (SYNTAX_ERROR, UNREADABLE_FILE, INTERNAL_ERROR, MALFORMED_SUPPRESSION, UNUSED_SUPPRESSION, SUPPRESSION_WITHOUT_REASON, OUT_OF_TIME)
