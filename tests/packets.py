"""The words in which tests write packets: those that element authors have."""

from reconciler.authoring.packets import *  # noqa: F403
