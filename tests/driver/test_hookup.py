from __future__ import annotations

import pytest

from tests.driver.running import Run

TEE = "use a Tee to send packets to both"
SCHED = "use a RoundRobinSched to pull from both"
IDLE = "connect it, from an Idle if nothing else"
DISCARD = "connect it, to a Discard if nothing else"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a :: Emit -> s :: Swallow; a -> t :: Swallow",
         [f"illegal reuse of 'a :: Emit' push output 0: {TEE}"]),
        ("Emit -> a :: Store -> f :: Fetch; Emit -> b :: Store -> f",
         [f"illegal reuse of 'f :: Fetch' pull input 0: {SCHED}"]),
        ("a :: Emit -> f :: Fetch",
         ["'a :: Emit' push output 0 is connected to 'f :: Fetch' pull input 0: "
          "put a Queue between them"]),
        ("a :: Emit -> p :: Pass -> f :: Fetch",
         ["agnostic 'p :: Pass' in mixed context: push input 0, decided by 'a :: Emit' push output "
          "0, and pull output 0, decided by 'f :: Fetch' pull input 0: put a Queue between them"]),
        ("Emit -> s :: Store -> q :: Store -> Fetch",
         ["'s :: Store' pull output 0 is connected to 'q :: Store' push input 0: "
          "put an Unqueue between them"]),
        ("p :: Pass",
         [f"'p :: Pass' input 0 unused: {IDLE}", f"'p :: Pass' output 0 unused: {DISCARD}"]),
        ("Emit -> s :: Split; s [1] -> Swallow",
         [f"'s :: Split' output 0 unused: {DISCARD}"]),
        ("Emit -> s :: Split -> Swallow; s [2] -> w :: Swallow",
         [f"'s :: Split' output 1 unused: {DISCARD}",
          "'s :: Split' has no output 2: this class has at most 2 outputs"]),
        ("Emit -> [1] f :: Swallow -> w :: Swallow",
         ["'f :: Swallow' has no output 0: this class has no outputs",
          f"'f :: Swallow' input 0 unused: {IDLE}"]),
        ("l :: Lanes; Emit -> [1] l -> Swallow",
         [f"'l :: Lanes' input 0 unused: {IDLE}", f"'l :: Lanes' output 1 unused: {DISCARD}"]),
        ("Emit -> s :: Split -> Swallow; s [1] -> Store -> p :: Pass -> Fetch; s [1] -> Swallow",
         [f"illegal reuse of 's :: Split' push output 1: {TEE}"]),
    ],
)  # fmt: skip
def test_mistakes(run: Run, text: str, expected: list[str]) -> None:
    done = run(text, "-q")
    found = [line.removeprefix("config:1: ") for line in done.stderr.splitlines()]
    assert done.returncode == 1
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    "text",
    [
        "Emit -> s :: Split -> Swallow",  # output 1 is optional
        "Emit -> s :: Swallow; Emit -> s",  # several push into one input
        "Emit -> s :: Store -> Fetch; s -> Fetch",  # several pull from one output
        "a :: Emit -> b :: Swallow; a -> b",  # the same connection twice
        "p :: Pass -> q :: Pass -> p",  # a ring that nobody pushes into
        "Emit -> l :: Lanes -> Swallow; Emit -> Store -> [1] l [1] -> Fetch",  # flow code #/#
        "Emit -> Store -> s :: Split -> Fetch; s [1] -> Swallow",  # output 1 pushes
    ],
)
def test_allowed(run: Run, text: str) -> None:
    done = run(text, "-q")
    assert (done.returncode, done.stderr) == (0, "")


def test_agnostic_elements_take_the_mode_of_their_chain(run: Run) -> None:
    chain = "Emit(STOP false) -> a :: Pass -> Store -> b :: Pass -> c :: Pass -> Swallow"
    text = f"{chain}; Ticker(LIMIT 5)"
    done = run(text, "-h", "a.mode", "-h", "b.mode", "-h", "c.mode")
    assert done.stdout == "a.mode:\npush\n\nb.mode:\npull\n\nc.mode:\npull\n\n"


def test_hookup_and_configuration_mistakes_come_together(run: Run) -> None:
    text = "a :: Emit(x) -> f :: Fetch;\n\nr :: Reads(nobody, MODE 1);\nl :: Ledger(CAPACITY -1);"
    done = run(text, "-q")
    assert done.stderr.splitlines() == [
        "config:1: 'a :: Emit' push output 0 is connected to 'f :: Fetch' pull input 0: "
        "put a Queue between them",
        "config:1: While configuring 'a :: Emit': LIMIT takes a whole number from 0, not 'x'",
        f"config:3: 'r :: Reads' input 0 unused: {IDLE}",
        f"config:3: 'r :: Reads' output 0 unused: {DISCARD}",
        "config:3: While configuring 'r :: Reads': LEDGER names element 'nobody', which is not "
        "declared: declare 'nobody :: Ledger(...)'",
        "config:3: While configuring 'r :: Reads': unknown keyword MODE: this class takes LEDGER",
        "config:4: While configuring 'l :: Ledger': CAPACITY takes a whole number from 0, not '-1'",
    ]


def test_every_initialize_error_is_reported(run: Run) -> None:
    done = run("a :: Ticker(FAIL 'no clock');\nb :: Ticker(FAIL \"no bell\"); c :: Ticker")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "config:1: While initializing 'a :: Ticker': no clock",
        "config:2: While initializing 'b :: Ticker': no bell",
    ]


def test_states_are_configured_before_the_elements_that_name_them(run: Run) -> None:
    text = "Emit -> r :: Reads(LEDGER l) -> Swallow; l :: Ledger; Emit -> Reads(l) -> Swallow"
    done = run(text, "-q")
    assert (done.returncode, done.stderr) == (0, "")
