"""What we claim, measured; never part of `make test`."""
