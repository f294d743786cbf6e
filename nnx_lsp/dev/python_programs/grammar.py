"""All productions together."""

from __future__ import annotations

from nnx_lsp.dev.python_programs import assignments, attributes, classes, containers, flow, functions, records
from nnx_lsp.dev.python_programs.expressions import EXPRESSIONS
from nnx_lsp.dev.python_programs.maker import Grammar

GRAMMAR = Grammar(
    (
        *assignments.PRODUCTIONS,
        *flow.PRODUCTIONS,
        *containers.PRODUCTIONS,
        *functions.PRODUCTIONS,
        *classes.PRODUCTIONS,
        *attributes.PRODUCTIONS,
        *records.PRODUCTIONS,
    ),
    EXPRESSIONS,
)
