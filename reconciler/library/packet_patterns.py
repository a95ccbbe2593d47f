"""Checks the words of packet patterns, so that a misspelt one is found before a device is touched.
Pure.

The driver decides what a pattern means and whether its words go together.
"""

from __future__ import annotations

import re

from reconciler.diagnostics import did_you_mean

GRAMMAR = frozenset(
    [
        "src",
        "dst",
        "dest",
        "and",
        "or",
        "not",
        "ip",
        "ip6",
        "ether",
        "any",
        "all",
        "mask",
        "true",
        "false",
    ]
)
NAMES = frozenset(
    [
        "ack",
        "ah",
        "auth",
        "bgp",
        "bootpc",
        "bootps",
        "ce",
        "chargen",
        "code",
        "cwr",
        "daytime",
        "dccp",
        "dhcp",
        "dhcp6",
        "dhcp6-client",
        "discard",
        "dns",
        "domain",
        "dot",
        "dscp",
        "ece",
        "echo",
        "echo-reply",
        "ect",
        "esp",
        "fin",
        "finger",
        "frag",
        "ftp",
        "ftp-data",
        "gre",
        "hl",
        "host",
        "http",
        "http-alt",
        "https",
        "icmp",
        "icmp6",
        "id",
        "igmp",
        "imap",
        "imap3",
        "imaps",
        "inforeq",
        "inforeq-reply",
        "ipip",
        "ipsec-nat-t",
        "ipv6",
        "irc",
        "isakmp",
        "kerberos",
        "l2tp",
        "ldap",
        "ldaps",
        "len",
        "maskreq",
        "maskreq-reply",
        "mqtt",
        "mysql",
        "neighboradvert",
        "neighborsolicit",
        "net",
        "netbios-dgm",
        "netbios-ns",
        "netbios-ssn",
        "nfs",
        "nntp",
        "ntp",
        "openvpn",
        "opt",
        "ospf",
        "packettoobig",
        "parameterproblem",
        "pim",
        "pop3",
        "pop3s",
        "port",
        "portrange",
        "postgresql",
        "proto",
        "psh",
        "radius",
        "rdp",
        "redirect",
        "rip",
        "route",
        "routeradvert",
        "routersolicit",
        "rst",
        "rtsp",
        "sctp",
        "sip",
        "smb",
        "smtp",
        "snmp",
        "snmp-trap",
        "sourcequench",
        "ssh",
        "submission",
        "sunrpc",
        "syn",
        "syslog",
        "tcp",
        "telnet",
        "tftp",
        "timeexceeded",
        "timestamp",
        "timestamp-reply",
        "tos",
        "ttl",
        "type",
        "udp",
        "udplite",
        "unfrag",
        "unreachable",
        "urg",
        "vers",
        "vrrp",
        "win",
        "wireguard",
        "www",
    ]
)
"""Properties, and names of protocols, ports, TCP flags and ICMP types, as the driver knows them."""

_TOKEN = re.compile(r"[^\s()\[\]!&|=<>?]+")
_PORT = re.compile(r"\bport\s*(?:==|=|!=|<=|>=|<|>)?\s*(\d+)")
LAST_PORT = 65535


def word_mistake(pattern: str) -> str | None:
    """Return what is wrong with the words of a pattern, or None."""
    for token in _TOKEN.findall(pattern):
        if token[0].isalpha() and ":" not in token and token not in GRAMMAR | NAMES:
            return f"unknown word {token!r} in a pattern. {did_you_mean(token, GRAMMAR | NAMES)}"
    for port in _PORT.findall(pattern):
        if int(port) > LAST_PORT:
            return f"{port} is not a port; the highest is {LAST_PORT}"
    return None
