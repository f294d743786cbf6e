"""Mutation of the engine: which changes of the tracer's code do the tests notice?

`sources` reads the modules, `operators` makes mutations of their syntax, `catalogue` names and draws them, `installed` puts one in place of its module,
`reached` finds out which tests run which statement, `judge` runs tests over mutants in processes of their own, `results` keeps and tells what came out.
"""
