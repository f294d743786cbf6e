"""Arguments of a library's function under the names of its parameters."""

from __future__ import annotations

import msgspec

from nnx_lsp.knowledge.library import Signature
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.values import NONE, Value


class Named(msgspec.Struct, frozen=True):
    """Arguments by parameter. `rest` are those that go to `*args`; where `is_open`, a star argument hides some."""

    values: dict[str, Value]
    rest: tuple[Value, ...] = ()
    is_open: bool = False

    def get(self, *names: str) -> Value | None:
        """The argument of the first of these parameters that was given one."""
        return next((self.values[name] for name in names if name in self.values), None)

    def option(self, *names: str) -> Value | None:
        """The same, `None` also where `None` was given."""
        found = self.get(*names)
        return None if found == NONE else found


def named(signature: Signature | None, arguments: Arguments) -> Named:
    """The arguments of a call under the names of the parameters. Where no signature is known, or more is given than it takes, nothing is sure."""
    if signature is None:
        return Named({str(place): value for place, value in enumerate(arguments.positional)} | arguments.keywords, is_open=True)
    names = [one.name for one in signature.placed]
    takes_rest = any(one.kind == "var_positional" for one in signature.parameters)
    bound = dict(zip(names, arguments.positional, strict=False)) | arguments.keywords
    rest = arguments.positional[len(names) :]
    return Named(bound, rest, arguments.is_partial or (bool(rest) and not takes_rest))


def fits(signature: Signature | None, arguments: Arguments) -> bool:
    """Whether a call may be right: it gives what the signature requires, and nothing that it does not take."""
    if signature is None or arguments.is_partial:
        return True
    kinds = {one.kind for one in signature.parameters}
    placed = signature.placed
    if len(arguments.positional) > len(placed) and "var_positional" not in kinds:
        return False
    filled = {one.name for one in placed[: len(arguments.positional)]}
    by_name = {one.name for one in signature.parameters if one.kind in ("either", "keyword")}
    if filled & arguments.keywords.keys() or (arguments.keywords.keys() - by_name and "var_keyword" not in kinds):
        return False
    required = {one.name for one in signature.parameters if one.default is None and one.kind in ("positional", "either", "keyword")}
    return not required - filled - arguments.keywords.keys()


def spread(signature: Signature | None, arguments: Arguments) -> Arguments:
    """The same arguments, those that stand at a place under their names too, and required ones that are given by name at their places too."""
    if signature is None or arguments.is_partial:
        return arguments
    parameters = signature.placed
    positional = list(arguments.positional)
    for one in parameters[len(positional) :]:
        if one.default is not None or one.name not in arguments.keywords:
            break
        positional.append(arguments.keywords[one.name])
    keywords = {one.name: value for one, value in zip(parameters, positional, strict=False)} | arguments.keywords
    return Arguments(tuple(positional), keywords, arguments.nodes, arguments.keyword_nodes)
