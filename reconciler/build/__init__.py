"""From element classes to one minimal driver: service context, content-addressed objects, link.

Belongs here: compilers, flags, caches of objects and artifacts. Does not belong here: which classes
a network element needs (resolve) and where the driver runs (devices).
"""

from reconciler.build.builder import Artifact, Builder
from reconciler.build.compiler import Compiler, find_compiler
from reconciler.build.context import ServiceContext, service_context

__all__ = [
    "Artifact",
    "Builder",
    "Compiler",
    "ServiceContext",
    "find_compiler",
    "service_context",
]
