"""The fuzz targets and the engines that run them.

Each target is a plain LLVMFuzzerTestOneInput. clang++ brings libFuzzer; AFL++'s compilers take the
same target; every other compiler gets mutate.cc, which makes the same inputs for the same seed.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.cpp import compile_program
from tests.kernels.conversation import sanitizers
from tests.objects import LIBRARY

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
SEED = 20
ELEMENTS = (
    *("CheckIPHeader", "Classifier", "Counter", "Discard", "EtherEncap", "Idle", "InfiniteSource"),
    *("IPFilter", "Null", "Paint", "Queue", "Strip", "Tee", "Unqueue", "SessionTable"),
    "CheckSession",
)
STATELESS = (
    *("ARPResponder", "CheckICMPHeader", "CheckTCPHeader", "CheckUDPHeader", "ClampMSS"),
    *("DecIP6HLIM", "DecIPTTL", "DropMartians", "EtherMirror", "EtherRewrite"),
    *("FlowHashSwitch", "GREDecap"),
    *("GREEncap", "GetIPAddress", "HashSwitch", "HostEtherFilter", "ICMP6Error", "ICMPError"),
    *("ICMPPingResponder", "IP6NDAdvertiser", "IPEncap", "IPFragmenter", "IPMirror", "Idle"),
    *("LookupRoute", "MarkIPHeader", "Null", "PriorityTagDecap", "SetIPChecksum", "SetIPDSCP"),
    *("SetIPECN", "SetTCPChecksum", "SetUDPChecksum", "StoreEtherAddress", "StripIPHeader"),
    *("TCPReset", "Tee", "UDPIPEncap", "VLANDecap", "VLANEncap", "VXLANDecap", "VXLANEncap"),
)
HEADERS = ("CheckIPHeader", "CheckIP6Header", "IPFilter", "IPPrint", "Discard", "Idle")
SUPERVISOR = tuple(
    LIBRARY / "supervisor" / f"checkpoint_{part}.cc" for part in ("clock", "folder", "reader")
)
ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",  # leaks need ptrace
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


class Engine(StrEnum):
    """An engine that generates inputs."""

    LIBFUZZER = "libFuzzer"
    AFL = "AFL++"
    OWN = "mutate.cc"


@dataclass(frozen=True)
class Target:
    """A target: its name, and what it is linked with besides the driver's runtime."""

    name: str
    classes: tuple[str, ...] = ()
    sources: tuple[Path, ...] = ()

    @property
    def corpus(self) -> Path:
        """Seeds, among them every input that once broke something."""
        return CORPUS / self.name

    def compile(self, out: Path, engine: Engine) -> Path:
        """Compile the target's program to `out`. Raises CompilationFailed."""
        sources = [HERE / f"{self.name}.cc", *self.sources]
        if engine is Engine.OWN:
            sources.append(HERE / "mutate.cc")
            return compile_program(out, sources, self.classes, sanitizers())
        return compile_program(out, sources, self.classes, f"fuzzer,{sanitizers()}")


TARGETS = {
    target.name: target
    for target in (
        Target("checkpoint", sources=SUPERVISOR),
        Target("language", classes=ELEMENTS),
        Target("control"),
        Target("ip_headers", classes=HEADERS),
        Target("stateless", classes=STATELESS),
        Target("sessions", classes=("SessionTable",)),
        Target("nat", classes=("Nat",)),
        Target("match_patterns", classes=("MatchPatterns",)),
        Target("balance", classes=("BalanceTable",)),
        Target("token_buckets", classes=("Shape",)),
        Target("flows", classes=("ExportFlows",)),
        Target("neighbours", classes=("NeighbourTable", "StationTable")),
        Target("routes", classes=("LookupRoute",)),
        Target("patterns", classes=("Classifier", "IPFilter", "Idle")),
        Target("pcap", classes=("FromDump", "Unqueue", "Discard")),
    )
}


def best_engine() -> tuple[Engine, str]:
    """Return the best engine on PATH, and its compiler; empty for our own engine."""
    names = {name for folder in os.get_exec_path() for name in _programs(Path(folder))}
    clangs = [name for name in names if re.fullmatch(r"clang\+\+(-\d+)?", name)]
    for name in sorted(clangs, key=lambda name: int(name.partition("-")[2] or 1000), reverse=True):
        if _links_libfuzzer(name):
            return Engine.LIBFUZZER, name
    if "afl-clang-fast++" in names:
        return Engine.AFL, "afl-clang-fast++"
    return Engine.OWN, ""


def _programs(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.is_dir() else []


def _links_libfuzzer(compiler: str) -> bool:
    """Return whether a compiler can link libFuzzer: some systems' clang lacks its runtime."""
    text = "#include <cstddef>\n#include <cstdint>\n"
    text += 'extern "C" int LLVMFuzzerTestOneInput(const uint8_t*, size_t) { return 0; }\n'
    command = [compiler, "-x", "c++", "-", "-fsanitize=fuzzer,address", "-o", os.devnull]
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
    return done.returncode == 0


def run_own(program: Path, last: Path, runs: int, seed: int, *corpora: Path) -> str:
    """Run our own engine; return what the target printed before it ended the program, empty if all
    went well. `last` is the file of the last input.
    """
    command = [str(program), str(last), str(seed), str(runs), *map(str, corpora)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT}, check=False
    )
    if done.returncode == 0:
        return ""
    return done.stderr or f"ended with {done.returncode}"
