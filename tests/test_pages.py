"""The pages of the rules: what was recorded stands in them, and what was not is said."""

from __future__ import annotations

import msgspec
import pytest

from nnx_lsp import engine, outcomes, pages
from nnx_lsp.dev.pages import ROOT, rendered
from nnx_lsp.fixtures import fixtures_of, folder
from nnx_lsp.rule import Rule

RULES = {rule.name: rule for rule in engine.rules()}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_page_has_the_words_a_program_and_every_fixture(rule: Rule) -> None:
    own = list(fixtures_of(folder(), rule.name))
    page = pages.page(rule)
    assert rule.page in page
    assert all(f"`{fixture.label.partition('/')[2]}`" in page for fixture in own)
    shown = pages.example(own)
    assert shown is None or shown.text.rstrip() in page


def test_a_page_says_what_running_its_program_gave() -> None:
    page = pages.page(RULES["rngs_as_key"])
    assert "| 0.12.8, 0.12.12 | raises `TypeError: unexpected PRNG key type <class 'flax.nnx.rnglib.Rngs'>` |" in page
    assert "- Draw a key: rngs.params() (safe: applied by `--fix`)" in page
    assert "runs; its asserts show the harm" in pages.page(RULES["untrained_array"])
    assert "runs: no mistake there" in pages.page(RULES["bound_method_transformed"])
    assert "Run under Flax 0.12.12 it raises `TypeError: " in pages.brief(RULES["rngs_as_key"])


def test_what_is_not_recorded_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "recorded", outcomes.Outcomes)
    page = pages.page(RULES["rngs_as_key"])
    assert "Run on Flax 0.10.7, 0.11.2, 0.12.0, 0.12.8, 0.12.12: not recorded." in page
    assert "TypeError: " not in page


def test_a_record_of_another_text_or_rule_counts_as_none() -> None:
    rule = RULES["rngs_as_key"]
    fixture = next(fixtures_of(folder(), rule.name))
    assert outcomes.recorded().of(fixture, rule) is not None
    assert outcomes.recorded().of(msgspec.structs.replace(fixture, text="x = 1\n", files=()), rule) is None
    assert outcomes.recorded().of(fixture, msgspec.structs.replace(rule, flax=">=0.12")) is None


def test_every_rule_has_its_file_and_the_index_links_to_it() -> None:
    files = rendered()
    assert {f"pages/{name}.md" for name in RULES} | {"README.md"} == files.keys()
    assert all(f"](pages/{name}.md)" in files["README.md"] for name in RULES)
    assert ROOT.name == "rules"
