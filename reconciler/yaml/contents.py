"""What a file holds, as far as it can be read: bytes to text."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from reconciler.diagnostics import Diagnostic

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark begins like it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Unread:
    """A file that may hold objects, but was not read."""

    why: str
    hint: str


LINK = Unread("it is a symbolic link, which is not followed", "Put the file itself in its place.")
SUBMODULE = Unread(
    "it is a submodule, whose files are not read",
    "Put its files in its place, or move it out of the folder that is read.",
)
YAML_ENDINGS = (".yaml", ".yml")
DAMAGED = "Not text"
"""The summary of a mistake that no person makes: whatever the file held may be lost."""

Contents = str | bytes | Unread
"""What was read of a file: its text, its bytes, or why there are none."""


def text_of(file: str, contents: Contents) -> str | Diagnostic:
    """Return the text of a file, or the mistake for which it has none.

    In UTF-8, or what its byte order mark or first characters tell (YAML 1.2.2, 5.2).
    """
    if isinstance(contents, Unread):
        return Diagnostic(file, 1, 1, "File not read", contents.why, contents.hint)
    if not contents:
        why = "what it held may be lost"
        return Diagnostic(file, 1, 1, "Empty file", why, "Restore it, or remove the file.")
    if isinstance(contents, str):
        return contents
    if contents.startswith(LFS_POINTER):
        why = "it is a pointer of Git LFS, and the file itself lies elsewhere"
        return Diagnostic(file, 1, 1, "File not read", why, "Keep desired state out of Git LFS.")
    encoding = _encoding(contents)
    try:
        return contents.decode(encoding)
    except UnicodeDecodeError as error:
        return _wrong_bytes(file, contents, error)


def _encoding(contents: bytes) -> str:
    for mark, encoding in _MARKS:
        if contents.startswith(mark):
            return encoding
    # A file begins with an ASCII character: the zeros around it tell how wide it is.
    for zeros, encoding in (
        (b"\0\0\0", "utf-32-be"), (b"\0", "utf-16-be"),
    ):  # fmt: skip
        if contents.startswith(zeros):
            return encoding
    if contents[1:4] == b"\0\0\0":
        return "utf-32-le"
    return "utf-16-le" if contents[1:2] == b"\0" else "utf-8"


def _wrong_bytes(file: str, contents: bytes, error: UnicodeDecodeError) -> Diagnostic:
    before = contents[: error.start]
    line = before.count(b"\n") + 1
    column = error.start - (before.rfind(b"\n") + 1) + 1
    detail = f"byte 0x{contents[error.start]:02x} is not {error.encoding.upper()}"
    return Diagnostic(file, line, column, DAMAGED, detail, "Save the file as UTF-8.")
