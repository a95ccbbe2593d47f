"""Credentials reach the host that they are for, and nobody else."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from reconciler.errors import SourceUnreachable
from reconciler.source import GitSource, parse_reference
from reconciler.source.address import PASSWORD, USERNAME

SECRET = "s3cr3t"


@contextmanager
def server(redirect: str = "") -> Iterator[tuple[str, list[str]]]:
    """Answer 401, or 302 to another address; yield the address and the credentials that came."""
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            if given:
                came.append(base64.b64decode(given.removeprefix("Basic ")).decode())
            self.send_response(302 if redirect else 401)
            self.send_header("Location", redirect + self.path)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", came
        listening.shutdown()


async def refused(url: str, folder: Path) -> str:
    with pytest.raises(SourceUnreachable) as caught:
        await GitSource(url, parse_reference("main"), folder / "clone.git").newest()
    return str(caught.value)


@pytest.fixture
def another_helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Configure a helper of git that answers with other credentials and keeps what it is told."""
    told = tmp_path / "told"
    helper = (
        f'!f() {{ echo "$1" >>{told}; cat >>{told}; echo username=stale; echo password=old; }}; f'
    )
    (tmp_path / "gitconfig").write_text(
        f'[credential]\n\thelper = "{helper.replace(chr(34), chr(92) + chr(34))}"\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    return told


def was_asked(helper: Path) -> bool:
    """Tell whether a helper was asked for credentials, or told some."""
    return helper.exists()


async def test_the_environments_credentials_are_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, another_helper: Path
) -> None:
    monkeypatch.setenv(USERNAME, "me")
    monkeypatch.setenv(PASSWORD, SECRET)
    with server() as (url, came):
        assert SECRET not in await refused(f"{url}/x.git", tmp_path)
    assert set(came) == {f"me:{SECRET}"}
    assert not was_asked(another_helper)


async def test_those_of_an_address_are_sent_too(tmp_path: Path) -> None:
    with server() as (url, came):
        told = await refused(url.replace("//", f"//me:{SECRET}@") + "/x.git", tmp_path)
    assert set(came) == {f"me:{SECRET}"} and "//***@127" in told and SECRET not in told


async def test_another_host_is_sent_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, SECRET)
    with server() as (foreign, came), server(foreign) as (url, _):
        await refused(f"{url}/x.git", tmp_path)
        await refused(url.replace("//", f"//me:{SECRET}@") + "/x.git", tmp_path)
    assert came == []


async def test_without_credentials_gits_own_helpers_are_asked(
    tmp_path: Path, another_helper: Path
) -> None:
    assert PASSWORD not in os.environ
    with server() as (url, came):
        await refused(f"{url}/x.git", tmp_path)
    assert set(came) == {"stale:old"} and was_asked(another_helper)
