"""A release is started, replaced, confirmed and reverted while traffic crosses it."""

from __future__ import annotations

import json

from reconciler.testbed.network import Network
from tests.netns import needs_sandbox
from tests.supervisor.running import WIRES, Stream, Supervised

pytestmark = needs_sandbox


def test_first_start_forwards_and_waits_for_its_confirmation(
    supervised: Supervised, network: Network
) -> None:
    assert supervised.status()["state"] == "idle"
    report = supervised.takeover("one")
    assert report["result"] == "running" and report["previous"] == "" and report["pause_ns"] == 0
    status = supervised.status()
    assert status["state"] == "probation" and status["active"]["release"] == "one"
    assert 0 < status["confirm_deadline_ms"] <= 30_000
    with Stream(network) as stream:
        stream.run_on()
    assert not stream.lost
    supervised.confirm("one")
    status = supervised.status()
    assert (status["state"], status["confirmed"]) == ("forwarding", "one")
    assert (
        status["last_takeover"]["result"] == "confirmed" and status["confirm_deadline_ms"] is None
    )
    assert status["interfaces"]["eth0"]["rx_packets"] >= stream.sent


def test_takeovers_lose_nothing_and_report_their_pause(
    forwarding: Supervised, network: Network
) -> None:
    with Stream(network) as stream:
        for number in range(10):
            stream.run_on(50)
            report = forwarding.takeover(f"release{number}")
            assert report["previous"] == (f"release{number - 1}" if number else "one")
            assert 0 < report["pause_ns"] < 100_000_000
            assert report["dropped_packets"] == 0
            assert forwarding.status()["parked"]["release"] == report["previous"]
            stream.run_on(50)
            forwarding.confirm(report["release"])
            assert forwarding.status()["parked"] is None
    assert not stream.lost
    assert len(stream.arrived) == stream.sent, "none arrived twice"
    pauses = sorted(report["pause_ns"] for report in forwarding.status()["history"])
    print("pauses in us:", [round(pause / 1000) for pause in pauses])
    assert int(forwarding.worker("lan.count")) >= stream.sent, "counters go on across takeovers"


def test_counters_of_long_names_are_not_mixed_up(supervised: Supervised) -> None:
    name = "counter_of_an_element_whose_name_is_longer_than_most"
    text = WIRES + f"{name}_a :: Tally; {name}_b :: Tally;"
    supervised.confirmed("one", text)
    supervised.write(f"{name}_a.value", "7", "control.sock")
    assert supervised.worker(f"{name}_b.value") == "0"
    supervised.takeover("two", text)
    assert supervised.worker(f"{name}_a.value") == "7"
    assert supervised.worker(f"{name}_b.value") == "0"


def test_a_revert_goes_back_to_the_parked_worker(forwarding: Supervised, network: Network) -> None:
    before = forwarding.pid()
    with Stream(network) as stream:
        stream.run_on()
        forwarding.takeover("two")
        stream.run_on()
        code, answer = forwarding.write("revert", "probe failed")
        stream.run_on()
    report = json.loads(answer)
    assert code == 200 and not stream.lost
    assert (report["release"], report["previous"], report["result"]) == ("two", "one", "reverted")
    assert report["reason"] == "probe failed" and 0 < report["pause_ns"] < 100_000_000
    status = forwarding.status()
    assert (
        status["active"]["release"] == status["confirmed"] == "one" and forwarding.pid() == before
    )
    assert status["state"] == "forwarding" and status["parked"] is None and status["reverts"] == 1


def test_without_a_confirmation_it_reverts_by_itself(
    forwarding: Supervised, network: Network
) -> None:
    with Stream(network) as stream:
        forwarding.takeover("two", confirm_timeout_ms=300)
        forwarding.wait_for(lambda now: now["reverts"] == 1, "reverts at the confirm timeout")
        stream.run_on()
    assert not stream.lost
    last = forwarding.status()["last_takeover"]
    assert last["result"] == "reverted" and "not confirmed within 300 ms" in last["reason"]
    code, why = forwarding.write("confirm", "two")
    assert code == 520 and "release one runs" in why


def test_a_first_start_that_is_not_confirmed_ends(supervised: Supervised) -> None:
    supervised.takeover("one", confirm_timeout_ms=200)
    status = supervised.wait_for(lambda now: now["state"] == "idle", "ends")
    assert status["active"] is None and status["last_takeover"]["result"] == "reverted"
    assert status["interfaces"] == {}
    supervised.confirmed("two")


def test_the_same_attempt_is_answered_from_the_record(forwarding: Supervised) -> None:
    request = forwarding.request("two")
    first = forwarding.write("takeover", request)
    assert forwarding.write("takeover", request) == first
    assert forwarding.status()["takeovers"] == 2
    forwarding.write("revert")
    code, answer = forwarding.write("takeover", request)
    assert code == 200 and json.loads(answer)["result"] == "reverted"
    assert forwarding.status()["active"]["release"] == "one"


def test_the_same_attempt_sent_twice_at_once_is_one_takeover(forwarding: Supervised) -> None:
    request = forwarding.request("two")
    clients = [forwarding.client(), forwarding.client()]
    for client in clients:
        client.send(f"WRITEDATA takeover {len(request)}\r\n{request}")
    answers = [client.reply() for client in clients]
    assert answers[0] == answers[1] and answers[0][0] == 200
    assert forwarding.status()["takeovers"] == 2


def test_an_unconfirmed_release_is_not_taken_over(forwarding: Supervised) -> None:
    forwarding.takeover("two")
    assert "not confirmed yet" in forwarding.refused("three")
    assert forwarding.status()["active"]["release"] == "two"


def test_requests_are_checked(supervised: Supervised) -> None:
    cases = {
        "release=x\n": "attempt=ID is missing",
        "attempt=1\nrelease=x\ndriver=/none\nconfig=/none\n": "driver='/none': No such file",
        "attempt=1\nrelease=x\ndriver=bin/sh\n": "an absolute path is needed",
        "attempt=1\ncolour=red\n": "unknown key 'colour'",
        "attempt=1\nconfirm_timeout_ms=soon\n": "a number from 1 to 86400000",
        "nonsense": "KEY=VALUE is needed",
    }
    for request, reason in cases.items():
        code, answer = supervised.write("takeover", request)
        assert code == 520 and reason in answer
    assert supervised.write("revert")[0] == 520
    assert supervised.write("confirm", "x")[0] == 520


def test_tables_follow_their_name_layout_and_size(supervised: Supervised) -> None:
    supervised.confirmed("one", WIRES + "records :: Memory(7);")
    assert supervised.write("records.value", "42", "control.sock")[0] == 200
    supervised.takeover("two", WIRES + "records :: Memory(7);")
    assert (supervised.worker("records.value"), supervised.worker("records.adopted")) == (
        "42",
        "true",
    )
    supervised.confirm("two")
    why = supervised.refused("three", WIRES + "records :: Memory(8);")
    assert "the records of table 'records/numbers' cannot be carried: this driver knows no" in why
    assert supervised.worker("records.value") == "42", "the old one goes on"
    report = supervised.takeover("three", WIRES + "records :: Memory(8);", lose="records/numbers")
    assert report["states"]["records/numbers"]["fate"] == "lost"
    assert (supervised.worker("records.value"), supervised.worker("records.adopted")) == (
        "0",
        "false",
    )
    held = supervised.status()["tables"]["records/numbers"]
    assert held["bytes"] == 4096 and held["layout"] == "0000000000000008"
    supervised.write("revert")
    assert supervised.worker("records.value") == "42", "the old layout is kept until confirmed"
    supervised.takeover("four", WIRES + "records :: Memory(8);", lose="records/numbers")
    assert supervised.worker("records.adopted") == "false"
    supervised.confirm("four")
    assert [event["layout"] for event in supervised.events("table_dropped")] == [
        "0000000000000008",
        "0000000000000008",
        "0000000000000007",
    ], "of the refused takeover, of the reverted one, of the one before"
