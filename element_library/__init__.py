"""Atoms, element classes and the sources of driver and supervisor: data, found by its location."""
