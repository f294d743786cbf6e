"""optax's transformations, as far as it matters whether they are given a Module or a State.

Source: executed with Flax 0.10.7 to 0.12.12 and their optax: `init`, `update` and `apply_updates` of each, with Modules, States and the gradients of both.
"""

from __future__ import annotations

from nnx_lsp import program
from nnx_lsp.tracer import events
from nnx_lsp.tracer.attributes import Attributes
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.states import SAME_TREE
from nnx_lsp.tracer.values import NONE, UNKNOWN, Module, Optax, Optimizer, State, Tuple, Value

_STATEFUL = "adabelief adadelta adafactor adagrad adam adamax adamw ema lamb lars lion nadam novograd radam rmsprop sm3 trace"
STATEFUL = frozenset(_STATEFUL.split())
"""They keep a tree like that of the parameters; `sgd` does so with `momentum`."""
ASKING = frozenset(("adafactor", "adamw", "add_decayed_weights", "fromage", "lamb", "lars", "lion"))
"""Their update works on the parameters and the gradients together."""
STATELESS = frozenset(("add_decayed_weights", "clip", "clip_by_global_norm", "fromage", "identity", "scale", "sgd", "zero_nans"))


def transformation(name: str, arguments: Arguments) -> Optax | None:
    """What a function of optax makes, where it is a transformation that is known."""
    if arguments.is_partial:
        return None
    if name == "chain":
        parts = [part for part in arguments.positional if isinstance(part, Optax)]
        return Optax("transformation", any(part.is_stateful for part in parts), any(part.asks for part in parts)) if parts else None
    if "mask" in arguments.keywords or "weight_decay_mask" in arguments.keywords or name not in STATEFUL | STATELESS:
        return None
    momentum = arguments.get(1, "momentum")
    has_momentum = name == "sgd" and momentum is not None and momentum is not NONE and momentum is not UNKNOWN
    return Optax("transformation", name in STATEFUL or has_momentum, name in ASKING)


def initialized(tracer: Attributes, receiver: Optax, arguments: Arguments, node: program.Node) -> Value:
    """`transformation.init(params)`."""
    params = arguments.get(0, "params")
    if not _is_module(params):
        return Optax("state", receiver.is_stateful, receiver.asks)
    if receiver.is_stateful and tracer.library.flax_minor < (0, 11):
        _misfit(tracer, "init", arguments.argument(0, "params"), node)
    return Optax("state", receiver.is_stateful, receiver.asks, "module")


def updated(tracer: Attributes, receiver: Optax, arguments: Arguments, node: program.Node) -> Value:
    """`transformation.update(updates, state, params)`."""
    state, params = arguments.get(1, "state"), arguments.get(2, "params")
    is_state = _is_state(arguments.get(0, "updates"))
    if is_state and receiver.is_stateful and isinstance(state, Optax) and state.tree == "module":
        if tracer.library.flax_minor >= (0, 11):
            _misfit(tracer, "state", arguments.argument(1, "state"), node)
    elif is_state and receiver.asks and _is_module(params):
        _misfit(tracer, "params", arguments.argument(2, "params"), node)
    return Tuple((Optax("updates", tree="state") if is_state else UNKNOWN, state if isinstance(state, Optax) else UNKNOWN))


def applied(tracer: Attributes, arguments: Arguments, node: program.Node) -> None:
    """`optax.apply_updates(params, updates)`."""
    updates = arguments.get(1, "updates")
    if _is_module(arguments.get(0, "params")) and (_is_state(updates) or (isinstance(updates, Optax) and updates.tree == "state")):
        _misfit(tracer, "apply", arguments.argument(0, "params"), node)


def _misfit(tracer: Attributes, reason: str, argument: program.Argument | None, node: program.Node) -> None:
    where = argument.value if argument is not None else node
    tracer.emit(events.OptaxMisfit(tracer.place(where), where, tracer.context, tracer.guards, reason))


def _is_module(value: Value | None) -> bool:
    return isinstance(value, Module) and not isinstance(value, Optimizer)


def _is_state(value: Value | None) -> bool:
    """Whether it is the State that a gradient of `nnx` is."""
    if not isinstance(value, State) or value.role != "gradient":
        return False
    each: Value | None = value
    while isinstance(each, State):
        if SAME_TREE in each.attributes:
            return False
        each = each.source
    return True
