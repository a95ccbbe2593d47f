"""Functions in processes of their own: their results, their ends, and that nothing stays behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from reconciler.confined import Confined, Ended, Killed, OutOfMemory, OutOfTime, Task
from reconciler.diagnostics import Diagnostic
from reconciler.errors import NoProcess, Stalled
from tests.reconciler.confined.processes import below, server_of, until_below, until_gone

MIB = 1 << 20
FOREVER = range(10**15)


def refuse(mistake: Diagnostic) -> None:
    raise Stalled(str(mistake), (mistake,))


TASKS = {
    "make": Task(bytearray, 64 * MIB, 20),
    "sum": Task(sum, 64 * MIB, 1),
    "long": Task(sum, 64 * MIB, 1000),
    "raise": Task(signal.raise_signal, 64 * MIB, 20),
    "refuse": Task(refuse, 64 * MIB, 20),
    "exit": Task(os._exit, 64 * MIB, 20),
}


@pytest.fixture
async def confined() -> AsyncIterator[Confined]:
    with Confined(TASKS) as confined:
        yield confined


async def test_a_result_crosses_however_large_it_is(confined: Confined) -> None:
    assert await confined.call("sum", [1, 2, 3]) == 6
    assert await confined.call("make", 12 * MIB) == bytearray(12 * MIB)
    assert await confined.call("make", bytes(8 * MIB)) == bytearray(8 * MIB)


async def test_what_a_function_raises_crosses_unchanged(confined: Confined) -> None:
    mistake = Diagnostic("a.yaml", 3, 7, "Unknown key", "what", "do this")
    with pytest.raises(Stalled) as raised:
        await confined.call("refuse", mistake)
    assert str(raised.value) == str(mistake)
    assert raised.value.diagnostics == (mistake,)
    assert "in refuse" in raised.value.__notes__[0]


@pytest.mark.parametrize(
    ("name", "argument", "end"),
    [
        ("make", 100 * MIB, OutOfMemory),
        ("make", bytes(80 * MIB), OutOfMemory),
        ("sum", FOREVER, OutOfTime),
    ],
    ids=["its result is too large", "its argument is too large", "it does not end"],
)
async def test_what_takes_too_much_ends_and_the_next_call_is_answered(
    confined: Confined, name: str, argument: object, end: type[Ended]
) -> None:
    with pytest.raises(end):
        await confined.call(name, argument)
    assert await confined.call("sum", [1]) == 1


@pytest.mark.parametrize("number", ["SIGKILL", "SIGSEGV", "SIGABRT"])
async def test_a_signal_is_told_by_its_name(confined: Confined, number: str) -> None:
    with pytest.raises(Killed, match=rf"^was killed by {number}$"):
        await confined.call("raise", signal.Signals[number])
    assert await confined.call("sum", [1]) == 1


async def test_an_end_without_result_is_told_by_its_status(confined: Confined) -> None:
    with pytest.raises(Killed, match=r"^ended with status 7$"):
        await confined.call("exit", 7)


async def test_a_long_call_holds_up_no_other(confined: Confined) -> None:
    long = asyncio.create_task(confined.call("long", FOREVER))
    assert await asyncio.gather(*(confined.call("sum", [n]) for n in range(8))) == [*range(8)]
    assert not long.done()
    long.cancel()


async def test_a_cancelled_call_leaves_no_process(confined: Confined) -> None:
    server = server_of(confined)
    call = asyncio.create_task(confined.call("long", FOREVER))
    started = await until_below(server, 2)
    call.cancel()
    await until_gone(started)
    assert await confined.call("sum", [1]) == 1


async def test_closing_ends_calls_under_way(confined: Confined) -> None:
    call = asyncio.create_task(confined.call("long", FOREVER))
    server = server_of(confined)
    started = [server, *await until_below(server, 2)]
    confined.close()
    assert server not in below(os.getpid())
    call.cancel()
    await until_gone(started)


async def test_a_server_that_died_is_replaced(confined: Confined) -> None:
    assert await confined.call("sum", [1]) == 1
    server = server_of(confined)
    os.kill(server, signal.SIGKILL)
    for _ in range(20):
        try:
            assert await confined.call("sum", [2]) == 2
            break
        except NoProcess:
            await asyncio.sleep(0.05)
    else:
        pytest.fail("it was not replaced")
    assert server not in below(os.getpid())


async def test_nothing_outlives_a_reconciler_that_is_killed() -> None:
    script = (
        "import asyncio\n"
        "from tests.reconciler.confined.test_confined import Confined, FOREVER, TASKS\n"
        "asyncio.run(Confined(TASKS).call('long', FOREVER))\n"
    )
    reconciler = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    started = await until_below(reconciler.pid, 3)
    reconciler.kill()
    await reconciler.wait()
    await until_gone(started)
