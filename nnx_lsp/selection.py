"""Selectors: how configuration, command line and comments name rules (`NNX101`, `NNX1`, `rngs_as_key`, `randomness`, `ALL`)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from nnx_lsp.faults import FAULTS, Fault
from nnx_lsp.severity import Group

if TYPE_CHECKING:  # The settings are read also where no rule is loaded.
    from nnx_lsp.rule import Rule

ALL = "ALL"
"""The selector of every stable rule (the engine's own findings are no rules: they are on until they are named)."""
PREVIEW = "PREVIEW"
"""The selector of the rules that are in preview; to be chosen, such a rule is named by it, or by its own code or name."""

Selectable: TypeAlias = "Rule | Fault"


def specificity(selector: str, rule: Selectable) -> int | None:
    """How narrowly a selector names a rule (a greater number: more narrowly), or `None` where it does not name it."""
    if selector in (rule.code, rule.name):
        return len(rule.code)
    if isinstance(rule, Fault):
        return None
    if selector == ALL or (selector == PREVIEW and rule.is_preview):
        return 0
    if selector == rule.group.value:
        return len("NNX1")
    if len(selector) >= _letters(rule.code) and rule.code.startswith(selector):
        return len(selector)
    return None


def _letters(code: str) -> int:
    """How many letters a code begins with: `NNX`, or those of a plugin."""
    return len(code.rstrip("0123456789"))


def narrowest(selectors: Iterable[str], rule: Selectable) -> int:
    """The specificity of the narrowest of the selectors that names the rule; -1 where none does."""
    return max((found for each in selectors if (found := specificity(each, rule)) is not None), default=-1)


def chosen(selectors: Iterable[str], rule: Selectable) -> int:
    """As `narrowest`, of selectors that turn rules on: what names many rules leaves those in preview out."""
    if isinstance(rule, Fault) or not rule.is_preview:
        return narrowest(selectors, rule)
    return narrowest((each for each in selectors if each in (PREVIEW, rule.code, rule.name)), rule)


def allowed(rules: Sequence[Rule]) -> tuple[str, ...]:
    """Every selector there is, for these rules and the engine's own findings."""
    codes = [rule.code for rule in rules]
    prefixes = {code[:length] for code in codes for length in range(_letters(code), len(code))}
    groups = {rule.group.value for rule in rules} | {group.value for group in Group}
    own = [name for fault in FAULTS for name in (fault.code, fault.name)]
    return tuple(dict.fromkeys([ALL, PREVIEW, *sorted(prefixes), *codes, *(rule.name for rule in rules), *sorted(groups), *own]))


def named(name: str, rules: Sequence[Rule]) -> Selectable | None:
    """The one rule, or finding of the engine's own, of a code or name."""
    every: tuple[Selectable, ...] = (*rules, *FAULTS)
    return next((each for each in every if name in (each.code, each.name)), None)


def nearest(given: str, choices: Iterable[str]) -> str | None:
    """The choice that looks most like what was given, upper and lower case alike."""
    by_key = {choice.casefold().replace("-", "_"): choice for choice in choices}
    key = given.casefold().replace("-", "_")
    found = difflib.get_close_matches(key, by_key, n=1, cutoff=0.6)
    return by_key[found[0]] if found else None


def hint(given: str, choices: Iterable[str]) -> str:
    """``; the nearest is `x` ``, or nothing where no choice is near."""
    found = nearest(given, choices)
    return f"; the nearest is `{found}`" if found else ""


def unknown(selector: str, rules: Sequence[Rule]) -> str | None:
    """What is wrong with a selector, or `None` where it names something."""
    choices = allowed(rules)
    if selector in choices:
        return None
    return (
        f"`{selector}` names no rule{hint(selector, choices)}; allowed are a code (`NNX101`), the start of codes (`NNX1`), "
        f"a rule's name, a group ({', '.join(group.value for group in Group)}), `{ALL}` and `{PREVIEW}`"
    )
