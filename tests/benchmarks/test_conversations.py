"""Captures contain what benchmarks rely on."""

from __future__ import annotations

import pytest

from benchmarks.contests import Traffic
from benchmarks.conversations import SYN_RECEIVED, SYN_SENT, conversations, openings
from reconciler.authoring.packets import ACK, SYN

TEXT = b"what each client says"


@pytest.mark.parametrize("traffic", [conversations(5, TEXT, 3), openings(5, 30)])
def test_as_many_packets_as_are_said(traffic: Traffic) -> None:
    assert len(list(traffic.frames())) == traffic.packets


def test_every_client_says_the_whole_text_in_order() -> None:
    said: dict[bytes, bytes] = {}
    for frame in conversations(5, TEXT, 3).frames():
        client, seq, text = frame[34:36], int.from_bytes(frame[38:42]), frame[54:]
        if text:
            assert seq == SYN_SENT + 1 + len(said.get(client, b""))
            said[client] = said.get(client, b"") + text
    assert list(said.values()) == [TEXT] * 5


def test_servers_acknowledge_what_was_said() -> None:
    answers = [one for one in conversations(1, TEXT, 2).frames() if one[34:36] == b"\0\x50"]
    flags = [(one[47], int.from_bytes(one[42:46])) for one in answers]
    assert flags == [(SYN | ACK, SYN_SENT + 1), (ACK, SYN_SENT + 1 + len(TEXT) // 2 * 2)]
    assert int.from_bytes(answers[0][38:42]) == SYN_RECEIVED
