"""The address of a repository: it prints without the credentials that it may hold, and git is
given them where no list of processes shows them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from reconciler.errors import SourceUnreachable

HIDDEN = "***"
USERNAME, PASSWORD = "CLICKUP_GIT_USERNAME", "CLICKUP_GIT_PASSWORD"
PASSWORD_FILE = f"{PASSWORD}_FILE"

_WITH_USER = re.compile(r"^(https?://)([^/@:]*)(?::([^/@]*))?@(.*)$", re.DOTALL)
_USER_IN_TEXT = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*(?=@)|(?<=https://)[^/@\s]+(?=@)")
_QUERY_IN_TEXT = re.compile(r"([?&](?:\w*token|password|key)=)[^&\s'\"]+")
# git asks it with the word `get`; what it answers comes from its environment.
_HELPER = f"""!f() {{ test "$1" = get && printf 'username=%s\\npassword=%s\\n' \
"${USERNAME}" "${PASSWORD}"; }}; f"""


@dataclass(frozen=True)
class Address:
    """An address as for git clone. `str()` is for people, `bare` for git's command line."""

    given: str = field(repr=False)

    def __str__(self) -> str:
        return without_credentials(self.given)

    @property
    def bare(self) -> str:
        """The address without the user and password that http would send."""
        found = _WITH_USER.match(self.given)
        return found[1] + found[4] if found else self.given

    def options(self) -> tuple[str, ...]:
        """Return git's options by which it takes credentials from `environment`."""
        return ("-c", f"credential.helper={_HELPER}") if self.environment(os.environ) else ()

    def environment(self, around: Mapping[str, str]) -> dict[str, str]:
        """Return user and password for git's environment: those of the address, else those that the
        environment `around` holds or names a file of; {} without. Raises SourceUnreachable.
        """
        found = _WITH_USER.match(self.given)
        if found:
            # A token is given as the user, or as the password of any user.
            return {USERNAME: unquote(found[2]), PASSWORD: unquote(found[3] or "")}
        if not self.given.startswith(("https://", "http://")):
            return {}
        password = around.get(PASSWORD) or _first_line(around.get(PASSWORD_FILE))
        return {USERNAME: around.get(USERNAME, "git"), PASSWORD: password} if password else {}


def _first_line(file: str | None) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text().partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise SourceUnreachable(f"{PASSWORD_FILE} names {file}: {why}") from error


def without_credentials(text: str) -> str:
    """Return a text in which addresses have no credentials. The account of ssh is none."""
    return _QUERY_IN_TEXT.sub(rf"\g<1>{HIDDEN}", _USER_IN_TEXT.sub(HIDDEN, text))
