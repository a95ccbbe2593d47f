"""The control plane: from a git revision to a confirmed release on every device."""
