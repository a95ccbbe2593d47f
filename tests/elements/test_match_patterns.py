"""MatchPatterns in a driver: TCP streams in any order, datagrams, alerts, sets that change."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cpp import compile_driver
from tests.elements.matching import CLASSES, rules_of, run
from tests.elements.streams import CLIENT, SERVER, Conversation, Piece, handshake
from tests.packets import UDP, ether, icmp, ipv4, ipv6, raw, tcp, udp


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_driver(tmp_path_factory.mktemp("match") / "driver", CLASSES)


letters = st.sampled_from(b"abc")
texts = st.lists(letters, min_size=2, max_size=9).map(bytes)
streams = st.lists(letters, max_size=60).map(bytes)


@st.composite
def pieces_of(draw: st.DrawFn, from_client: bool) -> list[Piece]:
    """A stream in pieces that may overlap and repeat, some of them with other bytes."""
    stream = draw(streams)
    edges = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [
        Piece(from_client, a, stream[a:b])
        for a, b in zip([0, *edges], [*edges, len(stream)], strict=True)
        if a != b
    ]
    for _ in range(draw(st.integers(0, 4)) if stream else 0):
        a = draw(st.integers(0, len(stream) - 1))
        data = bytearray(stream[a : a + draw(st.integers(1, 20))])
        if draw(st.booleans()):
            data[draw(st.integers(0, len(data) - 1))] = draw(letters)
        pieces.append(Piece(from_client, a, bytes(data)))
    return pieces


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(texts, min_size=1, max_size=5), pieces_of(True), pieces_of(False), st.data(),
    st.booleans(),
)  # fmt: skip
def test_finds_what_the_streams_hold_in_whatever_order_segments_come(
    driver: Path, words: list[bytes], one: list[Piece], other: list[Piece], data: st.DataObject,
    six: bool,
) -> None:  # fmt: skip
    pieces = data.draw(st.permutations([*one, *other]))
    patterns = dict(enumerate(words, start=1))
    frames = [piece.frame(six=six) for piece in pieces]
    seen = run(driver, [*handshake(six), *frames], rules_of(patterns))
    model = Conversation(patterns)
    matches = model.take(pieces)
    assert seen.match == [frame[14:] for frame, one in zip(frames, matches, strict=True) if one]
    assert len(seen.clean) == 3 + matches.count(False)
    assert seen.rules == sorted(model.found)
    assert (seen.counts["jumps"], seen.unseen) == (0, [])


def client(at: int, data: bytes) -> bytes:
    return Piece(True, at, data).frame()


def test_an_alert_names_rule_flow_and_place(driver: Path) -> None:
    frames = [client(0, b"....att"), client(7, b"ack....")]
    seen = run(driver, [*handshake(), *frames], rules_of({1001: b"attack"}))
    (alert,) = seen.alerts
    assert alert.pop("time")[10:11] == "T"
    assert alert == {
        "element": "match", "alert": "match", "rule": 1001, "protocol": "tcp", "end": 10,
        "source": CLIENT, "source_port": 40000, "destination": SERVER, "destination_port": 80,
    }  # fmt: skip
    assert seen.match == [frames[1][14:]]


def test_a_stream_stays_with_match_and_its_answer_does_not(driver: Path) -> None:
    answer = Piece(False, 0, b"quite harmless").frame()
    frames = [client(0, b"attack"), client(0, b"attack"), answer, client(6, b"more")]
    seen = run(driver, [*handshake(), *frames], rules_of({1: b"attack"}))
    assert seen.match == [frame[14:] for frame in (frames[0], frames[1], frames[3])]
    assert seen.rules == [1]


def test_upper_and_lower_case(driver: Path) -> None:
    rules = rules_of({1: b"Attack"}) + "\n" + rules_of({2: b"aTTack"}, "nocase")
    seen = run(
        driver, [*handshake(), client(0, b"AttA"), client(4, b"Cko Attac"), client(13, b"k")], rules
    )
    assert [alert.get("end") for alert in seen.alerts if alert["rule"] == 2] == [6]
    assert [alert.get("end") for alert in seen.alerts if alert["rule"] == 1] == [14]


def test_a_hole_that_the_receiver_acknowledged_is_given_up(driver: Path) -> None:
    """The capture lacks ten bytes: data waiting behind them is searched from its beginning."""
    ack = ether(ipv4(SERVER, CLIENT, tcp(80, 40000, seq=77_001, ack=(4_294_967_001 + 26) % 2**32)))
    frames = [client(0, b"att"), client(13, b"ack attack 123"), ack, client(27, b"attack")]
    seen = run(driver, [*handshake(), *frames], rules_of({1: b"attack", 2: b"k attack 1"}))
    assert seen.rules == [1, 2]
    assert seen.counts["jumps"] == 1
    assert seen.match == [frames[3][14:]], "the one that completed it had passed"


def test_more_than_may_wait_gives_the_hole_up(driver: Path) -> None:
    frames = [client(10 + 700 * n, b"%03d" % n + b"x" * 697) for n in range(3)]
    seen = run(driver, [*handshake(), *frames], rules_of({1: b"x001x"}), window=1500)
    assert seen.counts["jumps"] == 1
    assert seen.rules == [1]
    assert seen.match == [frames[2][14:]]


def test_pieces_that_made_room_for_others_leave_a_hole(driver: Path) -> None:
    """Sixteen pieces may wait in all; the oldest is dropped, and its stream continues behind it."""
    frames = [client(100 * n, b"<%03d>" % n + b"x" * 95) for n in range(1, 18)]
    seen = run(driver, [*handshake(), *frames, client(0, b"x" * 100)],
               rules_of({1: b"<001>", 2: b"<016>", 3: b"x<017>"}), segments=16)  # fmt: skip
    assert seen.counts["jumps"] >= 1
    assert not seen.unseen


def test_a_probe_is_no_contradiction(driver: Path) -> None:
    seen = run(driver, [*handshake(), client(0, b"hello"), client(4, b"!")], rules_of({1: b"o!"}))
    assert (seen.alerts, seen.match) == ([], [])


def test_a_contradiction_is_told_once(driver: Path) -> None:
    frames = [client(0, b"hello"), client(3, b"ly"), client(2, b"lp"), client(5, b"more")]
    seen = run(driver, [*handshake(), *frames], rules_of({1: b"none"}))
    (alert,) = seen.alerts
    assert (alert["alert"], "rule" in alert) == ("contradiction", False)
    assert seen.counts["contradictions"] == 2
    assert seen.match == [frame[14:] for frame in frames[1:]]


def test_datagrams_are_searched_one_by_one(driver: Path) -> None:
    def datagram(data: bytes, port: int = 53) -> bytes:
        return ether(ipv4(CLIENT, SERVER, udp(5353, port, data)))

    six = ether(ipv6("2001:db8::1", "2001:db8::2", udp(5353, 53, b"an attack")))
    ping = ether(ipv4(CLIENT, SERVER, icmp(8, rest=1, payload=b"attack")))
    twice = [datagram(b"attack")] * 2
    frames = [datagram(b"att"), datagram(b"ack"), *twice, six, datagram(b"attack", 54), ping]
    seen = run(driver, frames, rules_of({7: b"attack"}))
    assert seen.match == [frame[14:] for frame in frames[2:6]]
    assert [(a["rule"], a["protocol"], a["destination_port"]) for a in seen.alerts] == [
        (7, "udp", 53), (7, "udp", 53), (7, "udp", 54),
    ]  # fmt: skip
    assert seen.alerts[1]["source"] == "2001:db8::1"


def test_what_cannot_be_searched_whole_is_unseen(driver: Path) -> None:
    first = ether(ipv4(CLIENT, SERVER, udp(5353, 53, bytes(24)), ident=7, more=True))
    evil = ether(ipv4(CLIENT, SERVER, udp(5353, 53, b"attack.."), ident=9, more=True))
    later = ether(ipv4(CLIENT, SERVER, raw(UDP, bytes(24)), ident=7, offset=4))
    stray = ether(ipv4(CLIENT, SERVER, tcp(40001, 80, payload=b"GET /")))
    stray_evil = ether(ipv4(CLIENT, SERVER, tcp(40001, 80, payload=b"attack")))
    frames = [first, later, evil, stray, stray_evil]
    seen = run(driver, frames, rules_of({7: b"attack"}))
    assert seen.unseen == [frame[14:] for frame in (first, later, stray)]
    assert seen.match == [evil[14:], stray_evil[14:]]


def test_alerts_beyond_the_rate_are_counted(driver: Path) -> None:
    frames = [ether(ipv4(CLIENT, SERVER, udp(n, 53, b"attack"))) for n in range(1000, 1010)]
    seen = run(driver, frames, rules_of({7: b"attack"}), more=", ALERT_RATE 3")
    assert len(seen.alerts) == 3
    assert seen.counts["suppressed"] == 7
    assert len(seen.match) == 10


@pytest.mark.parametrize(("room", "told"), [(0, 0), (100, 0), (300, 1)])
def test_what_a_full_disk_does_not_take_is_lost_whole(driver: Path, room: int, told: int) -> None:
    """The lost alert does not count as reported, and the file ends with a complete line."""
    frames = [ether(ipv4(CLIENT, SERVER, udp(n, 53, b"attack"))) for n in (1000, 1001, 1001)]
    before = (" " * 4095 + "\n") * 64  # other files have room enough
    seen = run(driver, frames, rules_of({7: b"attack"}), alerts=before, room=room)
    assert [alert["source_port"] for alert in seen.alerts] == [1000][:told]
    assert (seen.counts["lost"], seen.counts["suppressed"]) == (3 - told, 0)
    assert len(seen.match) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("sessions", "STREAMS"),
        ("sessions, sessions", "StreamTable"),
        ('sessions, streams, RULES "1 abc"', "RULES, line 1: the pattern comes behind the number"),
        (
            "sessions, streams, PATTERNS /nowhere",
            "PATTERNS '/nowhere' cannot be read: No such file",
        ),
        ("sessions, streams, PATTERNS /", "PATTERNS '/' cannot be read: Is a directory"),
        ("sessions, streams, ALERTS /nowhere/a", "ALERTS '/nowhere/a' cannot be written"),
        ("sessions, streams, ALERT_RATE 0", "ALERT_RATE is 1 to 100000, not '0'"),
        ("sessions, StreamTable(CAPACITY 4)", "CAPACITY is 16 to 4000000, not '4'"),
        ("sessions, StreamTable(SEGMENTS 4)", "SEGMENTS is 16 to 1000000, not '4'"),
        ("sessions, StreamTable(WINDOW 9)", "WINDOW is 1500 to 16777216, not '9'"),
    ],
)
def test_bad_arguments(driver: Path, arguments: str, message: str) -> None:
    other = arguments.partition(", StreamTable")[2]
    text = f"sessions :: SessionTable; streams :: StreamTable{other};"
    arguments = arguments.replace(f"StreamTable{other}", "streams") if other else arguments
    text += f"Idle -> MatchPatterns({arguments}) -> Idle;"
    done = subprocess.run(
        [str(driver), "-e", text], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert message in done.stderr
