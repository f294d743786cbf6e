"""The referee of values: runs programs, and compares what their expressions really gave with what the tracer says there."""
