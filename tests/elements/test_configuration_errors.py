"""Messages about wrong arguments; all errors of a configuration are reported at once."""

from __future__ import annotations

import pytest

from tests.elements.frames import Drive


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ("Strip", "LENGTH"),
        ("Strip(x)", "LENGTH"),
        ("Unstrip(99999)", "LENGTH is at most 9216 bytes"),
        ("Paint(256)", "COLOR is 0 to 255, not 256"),
        ("Queue(0) -> Unqueue", "CAPACITY is 1 to 131072 packets, not 0"),
        ("EtherEncap(0x12345, 1:1:1:1:1:1, 2:2:2:2:2:2)", "expected a number up to 0xffff"),
        ("EtherEncap(0x0800, 1:1:1:1:1, 2:2:2:2:2:2)", "'1:1:1:1:1' is not an Ethernet address"),
        ("EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2:2)", "is not an Ethernet address"),
        ("Print(CONTENTS OCTAL)", "CONTENTS is NONE, HEX or ASCII, not 'OCTAL'"),
        ("IPPrint(CONTENTS HEX, PAYLOAD HEX)", "give CONTENTS or PAYLOAD, not both"),
        ("CheckIPHeader(BADSRC 10.0.0.x)", "BADSRC: expected IPv4 addresses, found '10.0.0.x'"),
        ("CheckIP6Header(10.0.0.1)", "BADADDRS: expected IPv6 addresses, found '10.0.0.1'"),
        ("Classifier(12/080)", "clause '12/080': expected OFFSET/VALUE"),
        ("Classifier(12/0800%ff)", "value and mask of the same length"),
        ("Classifier(12)", "clause '12'"),
        ("Classifier(12/0800, -)", "2 patterns for 1 outputs"),
        ("Tee(2)", "N is 2, but 1 outputs are connected"),
        ("ToDump(/nowhere/x.pcap)", "/nowhere/x.pcap: cannot be written"),
        ("ToDump(x.pcap, ENCAP TOKEN_RING)", "ENCAP is ETHER, IP, NULL, PPP or SLL"),
        ("Counter(3)", "3"),
    ],
)
def test_bad_arguments(element: str, message: str, drive: Drive) -> None:
    done = drive(f"Idle -> {element} -> Discard;")
    assert done.returncode == 1
    assert message in done.stderr
    assert "config.click:1" in done.stderr


def test_rates(drive: Drive) -> None:
    done = drive(
        "Idle -> m :: Meter(20, 10); m[0] -> Discard; m[1] -> Discard; m[2] -> Discard;\n"
        "Idle -> n :: Meter(20); n[0] -> Discard; n[1] -> Discard; n[2] -> Discard;\n"
        "Idle -> s :: RatedSplitter(-1); s[0] -> Discard; s[1] -> Discard;\n"
        "RatedSource(RATE -5) -> Discard;"
    )
    assert done.returncode == 1
    for message in (
        "rates must ascend",
        "1 rates need 2 outputs, not 3",
        "RATE is a number of packets per second, not -1",
        "RATE is a number of packets per second, not -5",
    ):
        assert message in done.stderr


def test_an_interface_that_does_not_exist(drive: Drive) -> None:
    done = drive("FromDevice(nowhere0) -> Queue -> ToDevice(nowhere0);")
    assert done.returncode == 1
    assert done.stderr.count("nowhere0") >= 2
