"""Parameters of functions of JAX that take Python integers and raise for traced ones: axes, lengths, numbers of parts, diagonals.

Source: each function was called under `jax.jit` with a traced integer in the place of such an argument, on jax 0.6.2 and 0.12.0.1.
"""

from __future__ import annotations

from types import MappingProxyType

_CONCRETIZATION_TYPE_ERROR = """
lax.broadcasted_iota:dimension lax.cumlogsumexp:axis lax.cummax:axis lax.cummin:axis lax.cumprod:axis lax.cumsum:axis lax.dynamic_slice_in_dim:axis
lax.dynamic_update_slice_in_dim:axis lax.index_in_dim:axis lax.scan:length nn.softmax:axis numpy.all:axis numpy.amax:axis numpy.amin:axis
numpy.any:axis numpy.argwhere:size numpy.array_split:axis numpy.array_split:indices_or_sections numpy.average:axis numpy.bartlett:M
numpy.bincount:length numpy.blackman:M numpy.compress:axis numpy.diag_indices:n numpy.diag_indices:ndim numpy.dsplit:indices_or_sections
numpy.expand_dims:axis numpy.flatnonzero:size numpy.flip:axis numpy.geomspace:num numpy.hamming:M numpy.hanning:M numpy.hsplit:indices_or_sections
numpy.indices:dimensions numpy.insert:axis numpy.kaiser:M numpy.linalg.vector_norm:axis numpy.logspace:num numpy.max:axis numpy.mean:axis
numpy.min:axis numpy.moveaxis:destination numpy.moveaxis:source numpy.nonzero:size numpy.pad:pad_width numpy.prod:axis numpy.ptp:axis
numpy.repeat:axis numpy.repeat:repeats numpy.roll:axis numpy.split:axis numpy.split:indices_or_sections numpy.std:axis numpy.sum:axis
numpy.tril_indices:k numpy.tril_indices:n numpy.tril_indices_from:k numpy.triu_indices:k numpy.triu_indices:n numpy.triu_indices_from:k
numpy.unique:size numpy.var:axis numpy.vsplit:indices_or_sections ops.segment_max:num_segments ops.segment_min:num_segments
ops.segment_prod:num_segments ops.segment_sum:num_segments scipy.special.bernoulli:n scipy.special.softmax:axis
"""
_TRACER_BOOL_CONVERSION_ERROR = """
lax.broadcast:sizes lax.broadcast_in_dim:shape lax.top_k:k numpy.repeat:total_repeat_length random.choice:shape
"""
_TRACER_INTEGER_CONVERSION_ERROR = """
lax.associative_scan:axis lax.dynamic_slice_in_dim:slice_size lax.slice_in_dim:axis lax.slice_in_dim:limit_index lax.slice_in_dim:start_index
lax.slice_in_dim:stride lax.sort:dimension lax.sort_key_val:dimension lax.split:axis numpy.apply_along_axis:axis numpy.argmax:axis numpy.argmin:axis
numpy.concat:axis numpy.concatenate:axis numpy.cumulative_prod:axis numpy.cumulative_sum:axis numpy.delete:axis numpy.diag:k numpy.linalg.vecdot:axis
numpy.nanargmax:axis numpy.nanargmin:axis numpy.squeeze:axis numpy.stack:axis numpy.take:axis numpy.transpose:axes numpy.trim_zeros:axis
numpy.unique:axis numpy.vecdot:axis
"""
_TYPE_ERROR = """
image.resize:shape lax.dynamic_slice:slice_sizes lax.pad:padding_config lax.slice:limit_indices lax.slice:start_indices lax.slice:strides
nn.logsumexp:axis numpy.diagflat:k numpy.linalg.tensordot:axes numpy.mask_indices:n numpy.tensordot:axes random.split:num scipy.special.logsumexp:axis
"""
_VALUE_ERROR = """
lax.dynamic_index_in_dim:axis lax.dynamic_update_index_in_dim:axis nn.glu:axis nn.log_softmax:axis nn.one_hot:axis nn.standardize:axis
numpy.argpartition:axis numpy.argsort:axis numpy.around:decimals numpy.count_nonzero:axis numpy.cross:axis numpy.cumprod:axis numpy.cumsum:axis
numpy.diagonal:axis1 numpy.diagonal:axis2 numpy.diagonal:offset numpy.diff:axis numpy.diff:n numpy.lexsort:axis numpy.linalg.diagonal:offset
numpy.linalg.matrix_power:n numpy.mask_indices:k numpy.median:axis numpy.nancumprod:axis numpy.nancumsum:axis numpy.nanmax:axis numpy.nanmean:axis
numpy.nanmedian:axis numpy.nanprod:axis numpy.nanquantile:axis numpy.nansum:axis numpy.packbits:axis numpy.partition:axis numpy.put_along_axis:axis
numpy.resize:new_shape numpy.rollaxis:axis numpy.rot90:k numpy.round:decimals numpy.sort:axis numpy.swapaxes:axis1 numpy.swapaxes:axis2
numpy.take_along_axis:axis numpy.trace:axis1 numpy.trace:axis2 numpy.trapezoid:axis numpy.tril:k numpy.triu:k numpy.unpackbits:axis numpy.unstack:axis
numpy.unwrap:axis numpy.vander:N scipy.special.log_softmax:axis
"""


def _table() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for exception, names in (
        ("ConcretizationTypeError", _CONCRETIZATION_TYPE_ERROR),
        ("TracerBoolConversionError", _TRACER_BOOL_CONVERSION_ERROR),
        ("TracerIntegerConversionError", _TRACER_INTEGER_CONVERSION_ERROR),
        ("TypeError", _TYPE_ERROR),
        ("ValueError", _VALUE_ERROR),
    ):
        for each in names.split():
            function, _, parameter = each.partition(":")
            found.setdefault(f"jax.{function}", {})[parameter] = exception
    return found


STATIC = MappingProxyType(_table())
"""By function and parameter, the exception that jax 0.12 raises."""

UNLESS = MappingProxyType({("jax.numpy.repeat", "repeats"): "total_repeat_length"})
"""By function and parameter, the keyword beside which it may be traced."""
