"""The referee of library models: what the tracer says a call of JAX or of a layer of nnx gives must contain what `jax.eval_shape` gives."""
