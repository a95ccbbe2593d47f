"""`make fuzz [SECONDS=60]`: runs every target, or those named, with the best engine on PATH.

Inputs that reach new code are kept in build/fuzz/TARGET for the next run. One that breaks a target
is kept in build/fuzz/broken/TARGET: it becomes a seed in tests/fuzz/corpus/TARGET with the fix.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from tests.fuzz.targets import ENVIRONMENT, TARGETS, Engine, Target, best_engine, run_own
from tests.objects import ROOT

FUZZ = ROOT / "build" / "fuzz"
LONGEST_INPUT = 4096
RUNS_A_ROUND = 20_000
_AFL = {
    "ASAN_OPTIONS": f"{ENVIRONMENT['ASAN_OPTIONS']}:abort_on_error=1:symbolize=0",  # it insists
    "AFL_NO_UI": "1",
    # We may not change the processor's settings or the core pattern.
    "AFL_SKIP_CPUFREQ": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
}


def main() -> int:
    """Fuzz; return exit code 1 when a target broke."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long a target")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    wanted = parser.parse_args()
    unknown = set(wanted.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; known: {', '.join(TARGETS)}")
    engine, compiler = best_engine()
    if compiler:
        os.environ["CXX"] = compiler
    print(f"engine: {engine} {compiler}".rstrip())
    targets = [TARGETS[name] for name in wanted.targets or TARGETS]
    broken = [target.name for target in targets if not _fuzz(target, engine, wanted.seconds)]
    if broken:
        print(f"✗ broke: {', '.join(broken)}; see {FUZZ / 'broken'}")
    return 1 if broken else 0


def _fuzz(target: Target, engine: Engine, seconds: int) -> bool:
    """Fuzz a target; return whether it held."""
    found, broken = FUZZ / target.name, FUZZ / "broken" / target.name
    for folder in (found, broken):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(broken.iterdir())
    print(f"► {target.name} for {seconds} s", flush=True)
    program = target.compile(FUZZ / f"{target.name}.{engine}", engine)
    runners = {Engine.LIBFUZZER: _libfuzzer, Engine.AFL: _afl, Engine.OWN: _own}
    held = runners[engine](target, program, seconds, found, broken)
    new = sorted(set(broken.iterdir()) - before)
    for path in new:
        print(f"✗ {target.name} broke on {path}")
    return held and not new


def _libfuzzer(target: Target, program: Path, seconds: int, found: Path, broken: Path) -> bool:
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", "-verbosity=0"]
    corpora = [str(found), str(target.corpus)]
    return _run([str(program), *options, f"-artifact_prefix={broken}/", *corpora])


def _afl(target: Target, program: Path, seconds: int, found: Path, broken: Path) -> bool:
    out = FUZZ / f"{target.name}.afl"
    shutil.rmtree(out, ignore_errors=True)
    seeds = out / "seeds"
    seeds.mkdir(parents=True)
    for folder in (target.corpus, found):
        for seed in folder.iterdir():
            shutil.copy(seed, seeds / seed.name)
    where = ["-i", str(seeds), "-o", str(out)]
    ran = _run(["afl-fuzz", "-V", str(seconds), *where, "--", str(program)], _AFL)
    for kind, place in (("queue", found), ("crashes", broken), ("hangs", broken)):
        for path in (out / "default" / kind).glob("id:*"):
            shutil.copy(path, place / path.name.replace(":", "_"))
    return ran


def _own(target: Target, program: Path, seconds: int, found: Path, broken: Path) -> bool:
    last = FUZZ / f"{target.name}.last"
    end = time.monotonic() + seconds
    seed = int(time.time())
    while time.monotonic() < end:
        if said := run_own(program, last, RUNS_A_ROUND, seed, target.corpus, found):
            print(said)
            shutil.copy(last, broken / f"seed-{seed}")
            return False
        seed += 1
    return True


def _run(command: list[str], more: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Run the engine; return whether it ended well."""
    environment = {**os.environ, **ENVIRONMENT, **more}
    return subprocess.run(["nice", *command], env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
