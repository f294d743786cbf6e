"""Finds the mistakes in Flax NNX programs before they run."""

__version__ = "0.1.0"
