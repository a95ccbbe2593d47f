"""The address of a repository: it prints without the credentials that it may hold, and git is
given those of http where no list of processes shows them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from reconciler.errors import SourceUnreachable, Stalled

HIDDEN = "***"
USERNAME, PASSWORD = "CLICKUP_GIT_USERNAME", "CLICKUP_GIT_PASSWORD"
PASSWORD_FILE = f"{PASSWORD}_FILE"

_HTTP = re.compile(
    r"(?P<scheme>https?://)(?:(?P<user>[^/]*)@)?(?P<host>[^/@]*)(?P<path>.*)", re.S | re.I
)
_PORT = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:]+)(:\d*)?")
_WITH_PASSWORD = re.compile(r"ssh://[^/@]*:[^/]*@|(?!\w+://)[^/@]*:[^/@]*@")
# A password may hold '/', unencoded: whatever is no port, and so no host, is hidden with it.
_CREDENTIALS = re.compile(
    r"(?<=://)(?:[^\s/]*@|[^\s/@:]*:(?!\d*/)[^\s]*@)|^(?!\w+://)[^/@\s]*:[^/@\s]*@"
)
_ACCOUNT = re.compile(r"[^\s/@:]+@")
_QUERY = re.compile(r"([?&](?:\w*token|password|key)=)[^&\s'\"]+")
# git asks it with the word `get`; what it answers comes from its environment.
_HELPER = f"""!f() {{ test "$1" = get && printf 'username=%s\\npassword=%s\\n' \
"${USERNAME}" "${PASSWORD}"; }}; f"""


@dataclass(frozen=True)
class Address:
    """An address as for git clone. `str()` is for people, `bare` for git's command line.

    Raises Stalled for one whose credentials git would show or take for a host.
    """

    given: str = field(repr=False)

    def __post_init__(self) -> None:
        found = _HTTP.fullmatch(self.given)
        if found and not _PORT.fullmatch(found["host"]):
            raise Stalled(
                f"the address {self} names no host: in a password write %2F for '/' and %40 for"
                f" '@', or put it into {PASSWORD_FILE}"
            )
        if _WITH_PASSWORD.match(self.given):
            raise Stalled(
                f"the address {self} holds a password, which ssh does not take; use a key"
            )

    def __str__(self) -> str:
        return without_credentials(self.given)

    @property
    def bare(self) -> str:
        """The address without the user and password that http would send."""
        found = _HTTP.fullmatch(self.given)
        return found["scheme"] + found["host"] + found["path"] if found else self.given

    def options(self) -> tuple[str, ...]:
        """Return git's options by which it takes the credentials of `environment`, for this host
        and for no other, and asks no other helper.
        """
        found = _HTTP.fullmatch(self.given)
        if not found or not self.environment(os.environ):
            return ()
        helper = f"credential.{found['scheme']}{found['host']}.helper={_HELPER}"
        return ("-c", "credential.helper=", "-c", helper)

    def environment(self, around: Mapping[str, str]) -> dict[str, str]:
        """Return user and password for git's environment: those of the address, else those that the
        environment `around` holds or names a file of; {} without. Raises SourceUnreachable.
        """
        found = _HTTP.fullmatch(self.given)
        if not found:
            return {}
        user, password = map(unquote, (found["user"] or "").partition(":")[::2])
        if not password:
            password = around.get(PASSWORD) or _first_line(around.get(PASSWORD_FILE))
            user = user or (around.get(USERNAME, "git") if password else "")
        # A token may stand for the user, without a password.
        return {USERNAME: user, PASSWORD: password} if user else {}


def _first_line(file: str | None) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text().partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise SourceUnreachable(f"{PASSWORD_FILE} names {file}: {why}") from error


def without_credentials(text: str) -> str:
    """Return a text in which addresses have no credentials. An account of ssh is none."""
    return _QUERY.sub(rf"\g<1>{HIDDEN}", _CREDENTIALS.sub(_hidden, text))


def _hidden(found: re.Match[str]) -> str:
    before = found.string[: found.start()]
    account = before.endswith("ssh://") and _ACCOUNT.fullmatch(found[0])
    return found[0] if account else f"{HIDDEN}@"
