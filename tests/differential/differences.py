"""Deliberate differences of our network elements from Linux, each with a rule that recognises it.

A row of docs/reference/differences.md has the same name. `explain` gets a scenario up to the first
step with a difference, and names the row that accounts for it; one without a row is a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.differential import packet_rules, tcp_rules
from tests.differential.taken import Taken
from tests.differential.windows import History

Rule = Callable[[Taken, History], bool]
"""Tells whether the last step, given those before it, differs for this reason."""


@dataclass(frozen=True)
class Difference:
    """A row of the table."""

    name: str
    elements: tuple[str, ...]
    rule: Rule
    both_pass: bool = False
    """Whether both let the packet through, but changed differently."""


BOTH = ("nat-gateway", "edge-firewall")
DIFFERENCES = (
    Difference("syn-ack-of-the-opener", BOTH, tcp_rules.syn_ack_of_the_opener),
    Difference("early-answer", BOTH, tcp_rules.early_answer),
    Difference("reset-of-an-opening", BOTH, tcp_rules.reset_of_an_opening),
    Difference("after-a-reset", BOTH, tcp_rules.after_a_reset),
    Difference("second-syn", BOTH, tcp_rules.after_a_second_syn),
    Difference("syn-after-the-end", BOTH, tcp_rules.syn_after_the_end),
    Difference("simultaneous-open", BOTH, tcp_rules.simultaneous_open),
    Difference("wrong-numbers", BOTH, tcp_rules.wrong_numbers),
    Difference("wrong-checksum", BOTH, packet_rules.wrong_checksum),
    Difference("other-errors", BOTH, packet_rules.other_error),
    Difference("error-about-the-unsent", BOTH, packet_rules.error_about_the_unsent),
    Difference("short-quote", BOTH, packet_rules.short_quote),
    Difference("no-gre", BOTH, packet_rules.no_gre),
    Difference("port-per-host", ("nat-gateway",), packet_rules.two_hosts, True),
    Difference("hairpin", ("nat-gateway",), packet_rules.hairpin),
    Difference("port-of-a-forward", ("nat-gateway",), packet_rules.port_of_a_forward, True),
    Difference("late-fragments", ("edge-firewall",), packet_rules.late_fragments),
)


def explain(element: str, history: History) -> str | None:
    """Return the name of the row that accounts for the last step, None when none does."""
    *before, last = history
    for difference in DIFFERENCES:
        possible = element in difference.elements and difference.both_pass == last.passed
        if possible and difference.rule(last, before):
            return difference.name
    return None
