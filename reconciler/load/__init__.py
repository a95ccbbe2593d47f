"""From the files of a revision to objects, instances and mistakes. Pure.

Belongs here: what objects say of each other. Does not belong here: where files come from (source),
what a flow means (resolve). Read in this order: files, repository, references, mentions,
desired_state.
"""

from reconciler.load.files import considered, load

__all__ = ["considered", "load"]
