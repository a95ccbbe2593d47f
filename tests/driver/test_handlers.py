from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.driver.running import Run, RunningDriver

Start = Callable[[str], RunningDriver]
TEXT = "require(words);\ne :: Emit(3, STOP false) -> net/p :: Pass -> s :: Swallow; // as given"


def test_global_handlers(start: Start) -> None:
    client = start(TEXT).client()
    assert client.read("config") == TEXT
    assert client.read("flatconfig") == (
        "require(words);\ne :: Emit(3, STOP false);\nnet/p :: Pass;\ns :: Swallow;\n\n"
        "e -> net/p;\nnet/p -> s;\n"
    )
    assert client.read("list") == "3\ne\nnet/p\ns\n"
    assert client.read("driver") == "userlevel"
    assert client.read("requirements") == "words\n"
    assert client.read("packages") == ""
    assert "Emit\n" in client.read("classes")
    assert client.read("version")
    assert client.read("handlers").splitlines()[-1] == "stop\tw"


def test_element_handlers_by_name_and_by_number(start: Start) -> None:
    client = start(TEXT).client()
    assert client.read("net/p.class") == "Pass"
    assert client.read("2.name") == "net/p"
    assert client.read("e.config") == "3, STOP false\n"
    assert client.read("2.ports") == "1 input\npush~\t-\te [0]\n1 output\npush~\t-\ts [0]\n"
    assert client.read("e.ports") == "0 inputs\n1 output\npush\t-\tnet/p [0]\n"
    assert client.read("e.handlers").splitlines()[:3] == ["label\trw", "limit\trw", "reset\tw"]


def test_codes_of_what_cannot_be_done(start: Start) -> None:
    client = start(TEXT).client()
    client.send("READ x.count\nREAD 9.count\nREAD s.x\nREAD nothing\nREAD e.reset\n")
    client.send("WRITE s.count 3\n")
    assert [client.reply()[0] for _ in range(6)] == [510, 510, 511, 511, 530, 530]
    client.send("WRITE e.limit some\n")
    code, text = client.reply()
    assert code == 520
    assert "takes a whole number, not 'some'" in text


def test_check_commands_and_pipelining(start: Start) -> None:
    client = start(TEXT).client()
    client.send("CHECKREAD s.count\r\nCHECKWRITE s.count\r\nchecKwrite e.limit\n")
    client.send("CHECKREAD x.y\nREAD s.class\n")
    assert [client.reply()[0] for _ in range(4)] == [200, 530, 200, 510]
    assert client.data() == "Swallow"


def test_a_live_change_shows_in_flatconfig_only(start: Start) -> None:
    client = start(TEXT).client()
    client.send("WRITE e.limit 70\n")
    assert client.reply()[0] == 200
    label = "two words, (and \\ more)\n"
    client.send(f"WRITEDATA e.label {len(label)}\n{label}")
    assert client.reply()[0] == 200
    changed = 'e :: Emit(70, STOP false, LABEL "two words, (and \\\\ more)\\<0A>");'
    assert changed in client.read("flatconfig")
    assert client.read("config") == TEXT
    assert client.read("e.limit") == "70"


def test_flatconfig_after_live_changes_is_a_configuration(start: Start, run: Run) -> None:
    client = start(TEXT).client()
    label = "a, b) // c\\"
    client.send(f"WRITEDATA e.label {len(label)}\n{label}")
    assert client.reply()[0] == 200
    again = run(client.read("flatconfig").replace("STOP false", "STOP true"), "-h", "e.label")
    assert again.stdout == label + "\n"


def test_packets_flow_while_handlers_are_served(start: Start) -> None:
    driver = start("Emit(18446744073709551615) -> p :: Pass(DROP 2) -> s :: Swallow")
    client = driver.client()
    first = int(client.read("s.count"))
    assert int(client.read("s.count")) > first


def test_stop_ends_the_driver_and_removes_its_socket(start: Start, tmp_path: Path) -> None:
    driver = start(TEXT)
    client = driver.client()
    client.send("WRITE stop\n")
    assert client.reply()[0] == 200
    assert driver.wait() == 0
    assert not (tmp_path / "control").exists()
