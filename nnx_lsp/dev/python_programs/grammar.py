"""All productions together."""

from __future__ import annotations

from nnx_lsp.dev.python_programs import (
    assignments,
    attributes,
    classes,
    closures,
    containers,
    decorators,
    errors,
    flow,
    functions,
    generators,
    inheritance,
    meaning,
    patterns,
    records,
)
from nnx_lsp.dev.python_programs.expressions import EXPRESSIONS
from nnx_lsp.dev.python_programs.maker import Grammar

_STATEMENTS = (assignments, flow, errors, patterns, containers, functions, closures, decorators, generators, classes, inheritance, attributes, records, meaning)

GRAMMAR = Grammar(tuple(production for module in _STATEMENTS for production in module.PRODUCTIONS), EXPRESSIONS, errors.uncaught)
