"""Frames that neighbours send, and the program neighbours.cc that hears them."""

from __future__ import annotations

from ipaddress import IPv6Address

from tests.kernels.conversation import Conversation
from tests.packets import ETHERTYPE_ARP, arp, ether, icmp6, ipv6, mac

SECOND = 1_000_000_000


OURS, OUR_MAC = "192.0.2.1", "02:00:00:00:00:01"


OURS6, LOCAL6 = "2001:db8::1", "fe80::1"


THEM, THEIR_MAC, OTHER_MAC = "192.0.2.7", "02:00:00:00:00:07", "02:00:00:00:00:08"


THEM6 = "2001:db8::7"


SOLICITED, OVERRIDE, ROUTER = 0x40, 0x20, 0x80


def option(kind: int, address: str) -> bytes:
    return bytes([kind, 1]) + mac(address)


def advertisement(
    flags: int, address: str | None = THEIR_MAC, *, target: str = THEM6, to: str = OURS6,
    hops: int = 255,
) -> bytes:  # fmt: skip
    body = IPv6Address(target).packed + (option(2, address) if address else b"")
    packet = ipv6(target, to, icmp6(136, rest=flags << 24, payload=body), hop_limit=hops)
    return ether(packet, source=address or THEIR_MAC, destination=OUR_MAC)


def solicitation(source: str, target: str, to: str, link: str | None = THEIR_MAC) -> bytes:
    body = IPv6Address(target).packed + (option(1, link) if link else b"")
    packet = ipv6(source, to, icmp6(135, payload=body), hop_limit=255)
    return ether(packet, source=THEIR_MAC, destination="33:33:ff:00:00:01")


def arp_frame(
    operation: str, sender: str, target: str, *, sender_mac: str = THEIR_MAC, to: str = OUR_MAC
) -> bytes:
    message = arp(operation, sender, target, sender_mac=sender_mac)  # type: ignore[arg-type]
    return ether(message, source=sender_mac, destination=to, ethertype=ETHERTYPE_ARP)


def hear(table: Conversation, frame: bytes) -> tuple[str, bytes]:
    told, _, answer = table.ask("hear", frame.hex()).partition(" ")
    return told, bytes.fromhex(answer)


def wait(table: Conversation, seconds: float) -> None:
    table.ask("wait", int(seconds * SECOND))
