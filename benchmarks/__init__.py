"""Measures the figures that we claim; never part of `make test`."""
