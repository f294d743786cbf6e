"""What happens during the walk, one record each: the facts that rules read.

Every event has its `place` and `node`, the `context` (the calls and transforms that led there) and `guards`: the exception names that the
code around it catches, innermost last (`""` stands for every exception).
"""

from __future__ import annotations

import enum

import msgspec

from nnx_lsp import program
from nnx_lsp.knowledge.functions import Takes
from nnx_lsp.program import Place
from nnx_lsp.tracer.contexts import Context
from nnx_lsp.tracer.shapes import Extent
from nnx_lsp.tracer.values import Class, Function, Level, LossAndAux, Object, Transformed, Value, Variable


class Event(msgspec.Struct, eq=False, frozen=True):
    place: Place
    node: program.Node
    context: Context | None
    guards: tuple[str, ...]

    @property
    def level(self) -> Level | None:
        """The innermost transform level at this place."""
        return self.context.level if self.context else None


class CallArgument(msgspec.Struct, eq=False, frozen=True):
    """One argument of a walked call. `parameter` is the name of the callee's parameter it binds to, where known (`None`: no such parameter)."""

    place: Place
    node: program.Argument
    value: Value
    parameter: str | None
    takes: Takes = Takes.ANYTHING


class Call(Event, frozen=True):
    """A call. `callee` is what is called, `name` the canonical library name (`jax.random.normal`, `flax.nnx.Optimizer.update` for a method)
    or `""`; `receiver` the object of a method. `missing` are required parameters of a library's function that the call leaves out,
    `unexpected` keywords that it does not have; both are empty where `*` or `**` is used or nothing is known.
    """

    callee: Value
    name: str
    arguments: tuple[CallArgument, ...]
    result: Value
    receiver: Value | None = None
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    excess: int = 0
    """How many positional arguments there are beyond what the callee takes."""
    has_star: bool = False
    owner: Value | None = None
    """For a call of the user's own function: the first positional value, which is the object of a method."""
    forks: tuple[int, ...] = ()
    """The branches around the call of which it is not known whether they are taken."""
    in_loop: bool = False
    """Whether a loop is around it, here or in a caller."""
    draws_without_rngs: bool = False
    """For a call of `nnx.Dropout`: it is in train mode, its rate is above zero, and there are no `rngs`."""

    def argument(self, parameter: str) -> CallArgument | None:
        """The argument that binds to a parameter."""
        return next((argument for argument in self.arguments if argument.parameter == parameter), None)


class Test(enum.Enum):
    """The form in which the truth of a value is taken."""

    IF = "if"
    ELIF = "elif"
    WHILE = "while"
    TERNARY = "ternary"
    ASSERT = "assert"
    AND = "and"
    OR = "or"
    NOT = "not"
    COMPARISON_CHAIN = "comparison chain"
    IN = "in"
    MATCH = "match"
    FILTER = "comprehension filter"
    BOOL = "bool()"
    MIN = "min()"
    MAX = "max()"
    SORTED = "sorted()"
    ANY = "any()"
    ALL = "all()"


class Branch(Event, frozen=True):
    """The truth of `value` is taken. `node` is the expression whose truth it is."""

    form: Test
    value: Value


class Conversion(Event, frozen=True):
    """A value is turned into a Python or NumPy value. `by` is `int`, `float`, `complex`, `item`, `tolist`, `range`, `index`, `slice`, `format`,
    `numpy` or `math`; `name` the function (`numpy.sqrt`); `node` the expression of the value."""

    by: str
    name: str
    value: Value
    container: Value | None = None


class Indexing(Event, frozen=True):
    """`container[index]` is read (`node` is the subscript)."""

    container: Value
    index: Value


class ShapeUse(Event, frozen=True):
    """A value is used as a size or shape of an array (`by` names the function); `node` is the expression of the value."""

    by: str
    value: Value


class StaticArgument(Event, frozen=True):
    """A value stands where a function (`by`) takes a Python integer, as its `parameter`; for a traced one it raises `exception`."""

    by: str
    parameter: str
    exception: str
    value: Value


class DataDependentShape(Event, frozen=True):
    """A function whose result's shape depends on values (`jnp.nonzero`, `jnp.unique`, boolean masks) meets `value`. `by` names it."""

    by: str
    value: Value


class Comparison(Event, frozen=True):
    """One comparison `left operator right` (a link of a chain)."""

    operator: str
    left: Value
    right: Value


class AttributeRead(Event, frozen=True):
    """`owner.name` is read, or imported (then the node is the name in the import). `is_found` is false only where nothing that is known of the owner gives
    the attribute; `is_certain` is true where the owner is an instance that was seen to be made, all of it, and that no code that is not known had a hand on."""

    owner: Value
    name: str
    value: Value
    is_found: bool
    is_certain: bool = False


class AttributeWrite(Event, frozen=True):
    """`owner.name = value`. `before` is the attribute's value up to now (`None`: it had none). `is_initializer`: inside `__init__` of `owner`.
    `operator` is set for an augmented assignment."""

    owner: Object
    name: str
    before: Value | None
    value: Value
    is_initializer: bool
    operator: str = ""
    statement: program.Assign | program.AnnotatedAssign | None = None
    """The assignment, where the target stands alone on its left."""
    is_data: bool = False
    """Whether the right side is `nnx.data(…)`, which makes the attribute data whatever it was."""
    is_never_trained: bool = False
    """Whether it is put into a Module from outside, by a file that takes no gradient, makes no optimizer and splits nothing."""
    is_chosen: bool = False
    """Whether the file differentiates by what it chooses itself (`nnx.DiffState`), which may be this array."""

    @property
    def assigned(self) -> program.Expression | None:
        """The right side of the assignment."""
        return self.statement.value if self.statement is not None else None


class ValueWrite(Event, frozen=True):
    """`variable.value = …`."""

    variable: Value
    statement: program.Assign | program.AnnotatedAssign | None = None
    """The assignment, where the target stands alone on its left."""


class ItemWrite(Event, frozen=True):
    """`container[index] = value` (or augmented)."""

    container: Value
    index: Value
    value: Value
    operator: str = ""


class AugmentedVariable(Event, frozen=True):
    """`target operator= value` where the target is a Variable (a name or an attribute)."""

    target: Value
    operator: str


class Formatting(Event, frozen=True):
    """`f"{value:spec}"` (`node` is the field), `format(value, spec)`, or `str.format`."""

    value: Value
    spec: str | None


class Printed(Event, frozen=True):
    """A value, or a string that was made of it, is shown to people: `print(value)`, `logging.info(f"{value}")`. `by` names the function."""

    value: Value
    by: str


class HostRead(Event, frozen=True):
    """A loop reads on the host, in each pass, a number that a compiled function gave in the same pass: Python waits for it each time (see
    `tracer.reads`). `node` is the expression that is read, `step` the call that gave it."""

    value: Value
    step: program.Call


class Iterated(Event, frozen=True):
    """`for … in value` over an array (`node` is the iterable)."""

    value: Value


class Swallowed(Event, frozen=True):
    """`except Exception` goes on after what `cause` raises when it is traced (`node` is that of the cause, `handler` the name that is caught, `""` for
    every one)."""

    cause: Branch | Conversion
    handler: str


class ValueDropped(Event, frozen=True):
    """An expression statement whose value is not used."""

    value: Value


class ClassDefined(Event, frozen=True):
    """A class of the user was defined; `node` is the definition."""

    cls: Class


class Instantiated(Event, frozen=True):
    """An instance of a user's class was made."""

    instance: Object


class Mutation(Event, frozen=True):
    """State of `target` changes. `what` is `variable`, `stream`, `mode`, `attribute`, `optimizer`, `metric`, `statistics`, `update`
    or `state` (what its Variables hold, by `nnx.update`).
    `is_across` is true where the target belongs to another transform level than the one in which it changes."""

    target: Value
    what: str
    is_across: bool
    is_skipped: bool = False
    """Whether the function, called with its defaults where nothing else is known, never comes to it."""


class Leak(Event, frozen=True):
    """A traced value is stored in something that outlives its level. `value` is the traced array itself; `target` is `None` for a name of an enclosing
    function or of the module; `owner` is the level that the target belongs to."""

    target: Value | None
    value: Value
    owner: Level | None = None
    is_replaced: bool = False
    """Whether the enclosing function gives the name another value afterwards."""
    names: dict[str, Value] | None = None
    """For a name: what holds it."""


class LeakUsed(Event, frozen=True):
    """A traced value is used where its level has ended; `leak` brought it out."""

    value: Value
    leak: Leak


class StaleCapture(Event, frozen=True):
    """A compiled function captured a value that is another one now, when it is called again. `place` is where it read the name, `again` where it is called,
    `changed` where the value changed, as far as that is known."""

    transformed: Transformed
    name: str
    value: Value
    again: Place
    changed: Place | None


class Regrown(Event, frozen=True):
    """A compiled function is called again with what it has sown into (`sown`), and nothing was taken out."""

    transformed: Transformed
    sown: Place


class DonatedUse(Event, frozen=True):
    """A value is used whose buffers were donated (`donated`)."""

    value: Value
    donated: Place


class StateLost(Event, frozen=True):
    """State of an argument changes inside a function under a transform of jax, and neither it nor its state is returned.

    `transformed` is the function under its transform, `parameter` the name of the argument in it, `mutation` what changes it.
    """

    transformed: Transformed
    parameter: str
    target: Value
    mutation: Mutation


class TransformApplied(Event, frozen=True):
    """A transform is applied to a function."""

    transformed: Transformed
    in_loop: bool = False


class CompiledAnew(Event, frozen=True):
    """A call of the function around makes a function under `jit` that is another one to JAX than that of the call before, compiles it, and could have used
    the one of before. `node` applies the transform; `in_pass`: each pass of a loop in a caller comes here."""

    transformed: Transformed
    in_pass: bool


class TransformedCalled(Event, frozen=True):
    """A transformed function is called with `arguments` (by parameter name, or `*0`, `*1` … by position where the function is not known)."""

    transformed: Transformed
    arguments: dict[str, Value]
    result: Value
    in_loop: bool = False
    """Whether a loop is around the call, here or in a caller."""


class UnfitArgument(Event, frozen=True):
    """A transformed function is called with an argument that its transform refuses. `reason`: "type" (nothing that JAX can trace), "rank" (a number, to be
    mapped along an axis), "keyword" (one that has to become positional and cannot) or "hash" (static, and certainly without a hash)."""

    transformed: Transformed
    name: str
    value: Value
    reason: str
    is_default: bool = False
    is_keyword: bool = False
    """Whether it is passed on by keyword: `in_axes` and static numbers speak of what is passed by position alone."""


class ShapeMismatch(Event, frozen=True):
    """An operation meets arrays whose shapes certainly do not fit. `by` names it (`@`, `+`, `jnp.matmul`), or the class of the layer `owner`; `shapes` are
    those of the operands (of the input and the weight), `sizes` the two dimensions that had to be equal, where it is two."""

    by: str
    owner: Object | None
    shapes: tuple[Extent, Extent]
    sizes: tuple[int | None, int | None]


class Disagreement(Event, frozen=True):
    """Values of which JAX asks that they have one tree, one shape and one dtype, and that certainly have not. `by` is the transform as the user knows it.

    `what`: "carry" (what goes into a loop's body and what comes back), "pair" (the body of a scan returns something else than a carry and an output) or
    "branches" (what the first branch returns, and another). `part` says where in the tree, `one` and `two` what stands there; `sort` is "tree", "shape",
    "dtype" or "number" (a Python number comes back where `nnx.scan` wants an array).
    """

    by: str
    transformed: Transformed | None
    what: str
    part: str
    one: str
    two: str
    sort: str


class OptaxMisfit(Event, frozen=True):
    """optax gets a Module where the gradients of `nnx.grad` are a State. `reason`: "init" (its state cannot be made of a Module), "state" (it was made of one),
    "params" (its update works on the parameters) or "apply" (`optax.apply_updates`); `node` is the argument."""

    reason: str


class Differentiated(Event, frozen=True):
    """`grad` or `value_and_grad` meets the loss that its function returns (`place` is the application; `returned` what it gave)."""

    transformed: Transformed
    function: Function | None
    returned: Value
    has_aux: bool | None


class Unpacked(Event, frozen=True):
    """`targets = value` with several targets; `node` is the target list."""

    value: Value
    targets: tuple[program.Expression, ...]


class Returned(Event, frozen=True):
    """A function of the user returns `value`."""

    function: Function | None
    value: Value


class Hashed(Event, frozen=True):
    """A value is a key of a dict, an element of a set, or is looked up in one."""

    value: Value


class NothingAssigned(Event, frozen=True):
    """`target = call` where the call gives `None`; `node` is the call."""

    target: str


class AbstractCalled(Event, frozen=True):
    """A layer of the library is called that `nnx.eval_shape` gave: it holds shapes in place of arrays."""

    layer: Object


class NotCallable(Event, frozen=True):
    """A list or a tuple is called."""

    callee: Value


class AxesMisfit(Event, frozen=True):
    """What `vmap` or `scan` does with an argument does not go with what it is, or with what becomes of it (`node` is the argument in the call).

    `reason`: "scalar keys" (an Rngs, or a Module that holds one, is mapped, and its streams have one key each), "shared keys" (a broadcast argument gives
    each lane of a vmap the same keys), "lost" (what a step of a scan changes in a broadcast argument), "batched" (a broadcast argument keeps what
    differs from lane to lane), "alias" (one object under two axes), "returned" (it comes back under another axis), "rest" (`StateAxes` leave
    `detail` over), "sliced" (a layer that nobody stacked is mapped, and called), "list" (a list of layers is mapped, and called).
    """

    transformed: Transformed
    name: str
    value: Value
    reason: str
    detail: str = ""
    inside: Event | None = None
    """What happens in the body that tells it."""


class KeyReused(Event, frozen=True):
    """A draw from a key from which `before` drew already. `is_again`: the same draw in the pass of a loop before, with nothing else that differs."""

    before: str
    is_again: bool
    is_same: bool = False
    """Whether both draws are of one distribution and one shape."""
    code: program.FunctionDef | program.Lambda | program.If | None = None
    """The function around both draws; at the top of a file the `if __name__ == "__main__":` around the second."""


class NoInitializer(Event, frozen=True):
    """A class of the user is called with arguments, and neither it nor its bases take any."""

    cls: Class
    names: tuple[str, ...]
    """The keywords that are given."""


class OptimizerUpdate(Event, frozen=True):
    """`optimizer.update(…)`. `model` is how the code at this place reaches the model of the optimizer, `differentiated` the object that the gradients
    are of; `""` where it has no name here, or is not known.
    """

    model: str
    differentiated: str
    made: str = ""
    """Where only an annotation tells of the optimizer: "plain" (the file makes instances of `nnx.Optimizer`), "other" (it makes some of a subclass, or reads
    `optimizer.model` here, which `nnx.Optimizer` has not since Flax 0.11) or ""."""


class Appended(Event, frozen=True):
    """`container.append(value)`. `is_initializer`: inside the `__init__` of a Module."""

    container: Value
    value: Value
    is_initializer: bool
    is_skipped_by_default: bool = False
    """Whether the defaults of the function are such that it does not come to this (see `tracer.by_default`)."""


class Repeated(Event, frozen=True):
    """`[item, …] * count`: the same objects several times."""

    items: tuple[Value, ...]


class Split(Event, frozen=True):
    """`nnx.split(subject, *filters)`; `rest` names the sorts of Variables of the subject that no filter takes."""

    filters: tuple[Value, ...]
    rest: tuple[str, ...]


class IncompleteMerge(Event, frozen=True):
    """`nnx.merge` gets `given` of the `count` States of one split; the others certainly hold Variables of these sorts."""

    given: int
    count: int
    sorts: tuple[str, ...]


class StateMethod(Event, frozen=True):
    """A method of an `nnx.State` is called. `nnx` is a name under which `flax.nnx` is reached there, or `""`."""

    method: str
    nnx: str


class LibraryInstance(Event, frozen=True):
    """`isinstance(value, classes)`."""

    value: Value
    classes: Value


class DeprecatedName(Event, frozen=True):
    """A name is read that its library warns of."""

    name: str


class KeptArgument(Event, frozen=True):
    """A transformed function gets an argument as static. `is_outdated`: eager code gives an object that has changed since an earlier call."""

    transformed: Transformed
    name: str
    value: Value
    is_outdated: bool = False


# Training ----------------------------------------------------------------------------------------------------------


class MetricCall(Event, frozen=True):
    """A method of a metric is called: `update`, `compute` or `reset`. `metric` is the object that the caller made, not what a transform shows of it.

    Of an update: `missing` are the keywords that it asks for and does not get (see `training.Asked`), `unused` those that nothing takes, `excess` how many
    positional arguments there are too many, `labels` what is wrong with the labels of an accuracy
    (`rank`, `dtype` or `""`), `computed` where its value was computed since it was reset last (`None`: nowhere, or it is not known).
    """

    metric: Object
    method: str
    missing: tuple[tuple[str, str, Place | None], ...] = ()
    unused: tuple[str, ...] = ()
    excess: int = 0
    labels: str = ""
    computed: Place | None = None


class Mode(Event, frozen=True):
    """A Module's mode is set (`layer` is the Module, `node` the call), or a layer runs whose mode decides what it does.

    `is_training` is `None` where the layer may run in either mode. `layer` is the object that the caller made.
    """

    layer: Object
    is_set: bool
    is_training: bool | None
    in_pass: int = 0
    """The pass of a loop in which it happens, where each item has a pass of its own; 0: in no such loop."""


class NothingMadeOf(Event, frozen=True):
    """A name gets a value that is worth nothing unless it is used, and no code uses it. `node` is the name.

    `what` is `gradient` (of a Module's state; `optimizer` is the name of an optimizer that stands ready), `state` (a Module's state after a step), `array`
    (`x = x.at[…].set(…)`) or `restored` (a State whose values were replaced).
    """

    what: str
    optimizer: str = ""


class NeutralKept(Event, frozen=True):
    """`__init__` gives a Module ones, all whose uses are factors, or zeros, all whose uses are summands (`operator`). `node` is the target."""

    owner: Object
    name: str
    operator: str


class SameSeeds(Event, frozen=True):
    """An `nnx.Rngs` is made in a function, of seeds that are the same at each call."""


class OtherUpdated(Event, frozen=True):
    """`optimizer.update(…)` is given gradients of `differentiated` and changes `updated`, another instance, which nothing holds but the optimizer, or nothing
    at all. `made` is where the optimizer was made, if it has that instance from there."""

    differentiated: Object
    updated: Object
    made: Place | None


class PairUsed(Event, frozen=True):
    """The pair of a loss and its auxiliary data is used as a number is (`node` is the operation)."""

    pair: LossAndAux


class ModuleDifferentiated(Event, frozen=True):
    """A gradient is taken of a Module's Params. `integers` are those that certainly hold no real numbers; `others` the sorts of Variables that the Module has
    where it certainly has no Param at all."""

    module: Object
    integers: tuple[Variable, ...] = ()
    others: tuple[str, ...] = ()


class FilterMismatch(Event, frozen=True):
    """An optimizer whose `wrt` takes other Variables than the gradients that it is given. `wrt` is the filter's name, `variable` the sort
    that is in one of them only."""

    wrt: str
    variable: str


class NumberIndexed(Event, frozen=True):
    """A Variable that holds a Python number is indexed (`node` is the subscript)."""

    variable: Variable
