"""What is tried for a parameter: texts of arguments, by the parameter's name and by its default."""

from __future__ import annotations

from nnx_lsp.knowledge.library import Parameter

_ARRAYS = "f2 f1 i1 f3 f0 i2 b2 s2 h2 f4 c2 u2 h1 b1 i0 c1 w0 e2 q2 u1 b0 s3 n2 n1 m1 2 1.5 -1 True 0"
ARRAYS = tuple(_ARRAYS.split())
"""Arrays of ranks 0 to 4 and of each dtype, of NumPy, and Python numbers."""
SEQUENCES = ("[f1, f1]", "(f2, f2)", "[1, 2, 3]", "[[1.0, 2.0], [3.0, 4.0]]", "[f0, 1.0]", "(i1, f1)")
TREES = ("{'a': f2, 'b': (f1, None)}", "(f2, [f1, i0])", "[f2, f2]", "f2", "{'a': 1, 'b': 2.0}", "None", "(f2, f1)", "{'x': {'y': f3}}")
FUNCTIONS = (
    "lambda a: a",
    "lambda a: a * 2",
    "lambda a, b: a + b",
    "lambda c, a: (c, a)",
    "lambda a: a.sum()",
    "lambda a: a.shape",
    "jnp.sin",
    "jnp.add",
    "lambda p, a: a",
)
_DTYPES = ("jnp.float32", "jnp.int32", "jnp.bfloat16", "jnp.float16", "bool", "float", "int", "jnp.complex64", "'float32'", "jnp.uint8", "None")
_AXES = ("0", "1", "-1", "None", "(0, 1)", "2", "(-1,)", "(0,)", "-2", "()")
_SHAPES = ("(3, 4)", "(4, 3)", "(12,)", "()", "12", "(-1, 2)", "(2, 3, 4)", "-1", "(3, -1)", "[3, 4]")
_COUNTS = ("3", "5", "1", "0", "4")
_INITIALIZERS = ("nnx.initializers.zeros_init()", "nnx.initializers.lecun_normal()", "nnx.initializers.ones")

_BY_NAME: dict[str, tuple[str, ...]] = {}


def _say(names: str, *texts: str) -> None:
    _BY_NAME.update(dict.fromkeys(names.split(), texts))


_say("axis axes dimension dim source destination axis1 axis2 axisa axisb axisc reduction_axes feature_axes start_axis", *_AXES)
_say("split_axis concat_axis dim_axis iota_dimension batch_dims offset", "0", "1", "-1", "(0,)")
_say("keepdims bias rowvar density endpoint retstep return_index return_inverse return_counts full_matrices compute_uv assume_unique", "True", "False")
_say("dtype param_dtype preferred_element_type new_dtype out_dtype promote_integers_dtype result_dtype", *_DTYPES)
_say("shape newshape new_sizes", *_SHAPES)
_say("dimensions permutation", "(0, 1)", "(1, 0)", "(0,)", "(1,)", "(-1,)", "(0, 2, 1)", "(2, 0, 1)", "()")
_say("ddof deg decimals order_", "0", "1", "2")
_say("num N M total_repeat_length length size num_classes nlags newbyteorder lags", *_COUNTS, "None")
_say("n", "1", "2", "4", "None", "i1")
_say("mode", "'clip'", "'wrap'", "'fill'", "'constant'", "'reflect'", "'edge'", "'full'", "'same'", "'valid'", "'reduced'", "'promise_in_bounds'")
_say("side", "'left'", "'right'")
_say("indexing", "'ij'", "'xy'")
_say("order", "'C'", "'F'", "'K'")
_say("ord", "None", "2", "1", "'fro'", "jnp.inf")
_say("repeats", "2", "i1", "3", "0", "[1, 2, 1, 1]", "[2, 1, 2]")
_say("reps", "2", "(2, 2)", "(2, 1, 2)", "(3,)", "1")
_say("shift", "1", "-1", "(1, 2)", "i0")
_say("indices_or_sections", "2", "3", "[1, 2]", "4", "(1,)", "1")
_say("q", "0.5", "jnp.array([0.25, 0.75])", "50", "f0", "f1", "[0.25, 0.5]")
_say("bins", "5", "f1", "10", "[0.0, 1.0, 2.0]")
_say("start stop step limit_index start_index", "0", "1", "8", "2.0", "1.5", "10", "f0", "i0", "f1", "-1")
_say("condition which where pred mask initial_mask", "b2", "b1", "b0", "True", "q2 > 0", "f2 > 0", "None")
_say("indices ind start_indices idx inds", "i1", "i0", "i2", "2", "0", "jnp.array([0, 1])", "[0, 1]", "1.5", "(i1, i1)", "n2")
_say("fill_value constant_values init initial init_value init_values", "0", "1.5", "True", "f0", "1", "i0", "f1", "2j")
_say("key", "k", "k", "k", "jax.random.key(1)", "old", "ks", "f1", "0")
_say("seed", "0", "1", "42", "i0", "f0")
_say("impl", "None", "'threefry2x32'", "'rbg'")
_say("method", "'linear'", "'nearest'", "'inverted_cdf'", "'auto'", "'scan'", "'sort'", "'lower'", "'direct'", "'fft'")
_say("precision", "None", "'highest'", "'float32'", "jax.lax.Precision.HIGH")
_say("kind", "'stable'", "None")
_say("p", "0.5", "None", "f0", "f1", "2", "b0", "h1", "jnp.full((3,), 0.3)")
_say("minval maxval low high", "0", "1", "10", "f0", "i0", "-1.0", "1.0", "f1", "i1")
_say("a_min a_max min max lower upper", "0", "1", "None", "f0", "f1", "0.5", "i0", "-1.0", "f2")
_say("loc scale mean concentration df alpha temperature", "1.0", "0.0", "f0", "f1", "2", "h1", "f2")
_say("cov", "s2", "jnp.eye(4)", "f2")
_say("k", "0", "1", "-1", "2", "i0")
_say("pad_width", "1", "(1, 2)", "((1, 1), (0, 2))", "((0, 1),)", "((1, 0), (0, 0), (2, 2))")
_say("padding_config", "((1, 1, 0), (0, 2, 0))", "((1, 1, 0),)", "((0, 0, 1), (1, 0, 0))", "()")
_say("tree prefix_tree full_tree pytree leaves", *TREES)
_say("rest more trees", "{'a': f2, 'b': (f1, None)}", "(f2, [f1, i0])", "[f2, f2]", "f2")
_say("treedef outer_treedef inner_treedef", "jax.tree.structure((0, 0))", "jax.tree.structure({'a': 0, 'b': (0, None)})", "jax.tree.structure([0, 0, 0])")
_say("f fun func function pyfunc function_ initializer_fn operation computation reducer cond_fun body_fun body", *FUNCTIONS)
_say("is_leaf", "None", "lambda a: a is None", "lambda a: isinstance(a, tuple)")
_say("arrays tup seq operands xs xi arys ary_list tuple_of_arrays", "[f2, f2]", "(f1, f1)", "[f2, i2]", "f2", "f3", "(f2, f1)", "[f1, 1.0]", "f1", "[f1]", "[]")
_say("subscripts", "'ij,jk->ik'", "'ij->i'", "'ij,ij->'", "'ij->ji'")
_say("obj", "0", "1", "i1", "[0, 2]", "slice(0, 2)")
_say("trim", "'f'", "'b'", "'fb'")
_say("x1 x2 x y a b c d m v z A B lhs rhs on_true on_false", *ARRAYS, *SEQUENCES[:4])
_say("object", *ARRAYS, *SEQUENCES, "None")
_say("out", "None")
_say("like", "f2", "f1", "i2")
_say("inplace", "False")
# Layers
_say("in_features", "4", "3")
_say("out_features", "8", "3", "4", "(2, 3)")
_say("features num_features hidden_features", "4", "8", "(2, 4)")
_say("kernel_size window_shape", "(3,)", "3", "(3, 3)", "(2, 2)", "(1, 2)", "2")
_say("strides", "1", "2", "None", "(2, 2)", "(2,)", "(1, 2)")
_say("padding", "'SAME'", "'VALID'", "'CIRCULAR'", "'CAUSAL'", "1", "((1, 1), (0, 2))", "((1, 1),)")
_say("input_dilation kernel_dilation", "1", "2", "(2, 2)", "(2,)")
_say("feature_group_count", "1", "2", "4")
_say("rngs", "nnx.Rngs(0)", "nnx.Rngs(params=0)", "nnx.Rngs(params=0, dropout=1)", "nnx.Rngs(0, carry=1)")
_say("num_heads", "2", "1", "3")
_say("qkv_features", "8", "4", "None")
_say("num_embeddings", "5", "10")
_say("rate", "0.5", "0.0", "0.1", "1.0")
_say("num_groups", "2", "1", "None", "4")
_say("group_size", "None", "2")
_say("epsilon momentum", "1e-3", "0.9")
_say("lora_rank", "2")
_say("einsum_str", "'ab,bc->ac'", "'...b,bc->...c'", "'abc,cd->abd'")
_say("kernel_shape", "(4, 8)", "(4, 2, 3)", "(3, 4)")
_say("bias_shape", "None", "(8,)", "(8, 1)")
_say("base_module module", "None", "nnx.Linear(4, 8, rngs=nnx.Rngs(0))")
_say("layer_instance", "nnx.Linear(4, 8, rngs=nnx.Rngs(0))")
_say("cell forward_rnn backward_rnn", "nnx.LSTMCell(4, 8, rngs=nnx.Rngs(0))", "nnx.GRUCell(4, 8, rngs=nnx.Rngs(0))", "nnx.SimpleCell(4, 8, rngs=nnx.Rngs(0))")
_say("layers fns", "nnx.Linear(4, 8, rngs=nnx.Rngs(0))", "jax.nn.relu", "nnx.LayerNorm(4, rngs=nnx.Rngs(0))", "lambda a: a * 2")
_say("kernel_init bias_init embedding_init scale_init recurrent_kernel_init a_initializer b_initializer lora_b_init", *_INITIALIZERS)
_INPUTS = "f2 f3 f1 f4 i2 h2 i1 f0 b2 c2 e2 n2 u2 2.0"
_say("inputs input inputs_q inputs_k inputs_v input_q query value", *_INPUTS.split(), "[f2, f2]")
_say("broadcast_dims", "()", "(0,)", "(1,)", "-1")
_say("split_rngs", "False")
_say("carry", "(f1, f1)", "(jnp.ones((3, 8)), jnp.ones((3, 8)))", "jnp.ones((3, 8))", "jnp.ones((8,))", "None")
_say("input_shape", "(3, 4)", "(4,)", "(2, 3, 4)")
_say("seq_lengths", "None", "jnp.array([1, 2])")
_say("activation_fn gate_fn", "jax.nn.tanh", "jnp.tanh")
_say("axis_name axis_index_groups promote_dtype dot_general dot_general_cls conv_general_dilated attention_fn rng_collection graphdef", "None")
_say("axis_names spmd_axis_name sharding out_sharding device", "None")


def texts(parameter: Parameter) -> tuple[str, ...]:
    """What is tried for a parameter, the likeliest first."""
    default = parameter.default
    if parameter.name in _BY_NAME:
        return _BY_NAME[parameter.name]
    match default:
        case None:
            return (*ARRAYS, *SEQUENCES)
        case "True" | "False":
            return ("True", "False")
        case "None":
            return ("None", *ARRAYS[:14], "1", "(0, 1)")
        case "...":
            return ()
    if default[:1] in "'\"":
        return (default,)
    if default[:1] in "([{":
        return (default, "(0, 1)", "((0,), (1,))")
    return (default, "1", "2", "0", "0.5", "f0", "f1")


def is_array(parameter: Parameter) -> bool:
    """Whether arrays are what is tried first for it."""
    return texts(parameter)[:1] == ARRAYS[:1]
