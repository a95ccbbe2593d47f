"""The process from which those of single calls are forked: it has imported all they need and has
one thread, while the reconciler's many threads make forking it unsafe.

A call is forked twice: a worker, which runs the function within its limits, and a watcher, which
kills the worker when the caller hangs up, and tells how it ended. All end when the reconciler does.
"""

from __future__ import annotations

import gc
import os
import pickle
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from reconciler.confined.task import OUT_OF_MEMORY, STATUS, Task


def serve(control: socket.socket, tasks: Mapping[str, Task]) -> None:
    """Run each call whose socket comes over `control`, until the reconciler closes that."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no watcher stays as a zombie
    gc.freeze()  # so that a collection in a worker copies no page of what all share
    while True:
        _, callers, _, _ = socket.recv_fds(control, 1, 1)
        if not callers:
            return
        with socket.socket(fileno=callers[0]) as caller, suppress(OSError):
            if os.fork() == 0:
                _watch(caller, tasks)


def _watch(caller: socket.socket, tasks: Mapping[str, Task]) -> None:
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        worker = os.fork()
        if worker == 0:
            _work(caller, tasks)
        _kill_when_alone(worker, caller)
        _, status = os.waitpid(worker, 0)
        caller.sendall(STATUS.pack(status))
    finally:
        os._exit(0)


def _kill_when_alone(worker: int, caller: socket.socket) -> None:
    """Wait until the worker has ended, or nobody waits for it any more."""
    ended = os.pidfd_open(worker)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(caller, 0)  # a hang-up is told unasked
    if not any(descriptor == ended for descriptor, _ in poll.poll()):
        os.kill(worker, signal.SIGKILL)


def _work(caller: socket.socket, tasks: Mapping[str, Task]) -> None:
    status = 1
    try:
        with caller.makefile("rb") as asked:
            task = tasks[pickle.load(asked)]
            _limit(task)
            answer = _answer(task, pickle.load(asked))
        caller.sendall(answer)
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY
    finally:
        os._exit(status)


def _answer(task: Task, arguments: tuple[Any, ...]) -> bytes:
    """Return the result, or what the function raised, as the caller unpickles it."""
    try:
        return pickle.dumps((True, task.function(*arguments)))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the caller's
        error.add_note(traceback.format_exc())
        return pickle.dumps((False, error))


def _limit(task: Task) -> None:
    with open("/proc/self/statm", encoding="ascii") as sizes:
        taken = int(sizes.read().split()[0]) * resource.getpagesize()
    _lower(resource.RLIMIT_AS, taken + task.memory)
    _lower(resource.RLIMIT_CPU, task.seconds)
    _lower(resource.RLIMIT_CORE, 0)  # it would be as large as the memory, and come with each try
    # When the machine has no more memory, the kernel is to kill this process, not the reconciler.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")


def _lower(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), pickle.load(sys.stdin.buffer))
