"""Functions with which tests build packets: the ones that element authors have."""

from reconciler.authoring.packets import *  # noqa: F403
