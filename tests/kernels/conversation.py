"""Talks to a test program of this folder: one answer line for each request line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.objects import compiler


def sanitizers() -> str:
    """Return the sanitizers that the compiler has: ziglang ships no address sanitizer."""
    return "undefined" if "ziglang" in compiler() else "address,undefined"


class Conversation:
    """A running test program."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"ASAN_OPTIONS": "detect_leaks=0"},  # needs ptrace, which sandboxes forbid
        )

    def ask(self, *words: object) -> str:
        return self.ask_all([" ".join(map(str, words))])[0]

    def ask_all(self, commands: list[str]) -> list[str]:
        assert self._process.stdin and self._process.stdout
        answers = []
        for command in commands:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
            assert answer, f"the program ended at '{command}'"
            answers.append(answer.rstrip("\n"))
        return answers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        code = self._process.wait(timeout=10)
        self._process.stdout.close()
        assert kind is not None or code == 0
