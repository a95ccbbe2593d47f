"""Bytes become text, or a mistake at its place; never other text."""

from __future__ import annotations

import codecs

import pytest

from reconciler.diagnostics import Diagnostic
from reconciler.yaml.contents import Unread, text_of

TEXT = "kind: Device # é\n"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "utf-32-le"),
        (b"", "utf-32-be"),
    ],
)
def test_every_encoding_of_yaml_is_read(mark: bytes, encoding: str) -> None:
    """YAML 1.2.2, 5.2: with its mark, or told by the zeros around the first character."""
    assert text_of("f.yaml", mark + TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        (b"a: 1\nb: caf\xe9\n", "f.yaml:2:7: Not text: byte 0xe9 is not UTF-8. Save the file as"),
        (codecs.BOM_UTF16_LE + b"a", "f.yaml:1:3: Not text: byte 0x61 is not UTF-16"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "f.yaml:1:1: File not read"),
        (b"", "f.yaml:1:1: Empty file"),
        (Unread("it is a link", "Commit it."), "f.yaml:1:1: File not read: it is a link. Commit"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_a_mistake(contents: bytes | Unread, told: str) -> None:
    found = text_of("f.yaml", contents)
    assert isinstance(found, Diagnostic) and str(found).startswith(told)
