"""The loop: wake-ups -> queue of keys -> workers -> the next pass, as the outcome requires."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.errors import Stalled, Transient
from reconciler.load.desired_state import DesiredState
from reconciler.outcome import Outcome, OutcomeKind, backoff, failures_after, next_pass
from reconciler.reconcile.one_pass import Dependencies, Signals, reconcile
from reconciler.reconcile.queue import KeyedQueue
from reconciler.reconcile.reading import Reader
from reconciler.source import GitSource, Watch

WORKERS = 8
OBSERVE_SECONDS = 5.0
REQUEST_SECONDS = 0.25
COMMITS_REMEMBERED = 64


@dataclass
class _Instance:
    """The loop's memory between passes over one key; lost in a restart."""

    signals: Signals = field(default_factory=Signals)
    failures: int = 0
    timer: asyncio.TimerHandle | None = None

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Loop:
    """Follows one source and makes every instance in it converge."""

    def __init__(
        self,
        source: GitSource,
        dependencies: Dependencies,
        interval: float = 30.0,
        observe_interval: float = OBSERVE_SECONDS,
    ) -> None:
        """Poll the source every `interval` seconds, and devices every `observe_interval` (for
        drift).
        """
        self._source = source
        planner = dependencies.planner
        self._reader = Reader(planner.library, source.limits)
        planner = replace(planner, resolve=self._reader.resolve)
        self._dependencies = replace(dependencies, planner=planner)
        self._interval = interval
        self._observe_interval = min(interval, observe_interval)
        self._queue = KeyedQueue()
        self._instances: dict[str, _Instance] = {}
        self.desired_state: DesiredState | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set. A takeover under way is finished first; a soak is left to the
        supervisor.
        """
        watching = Watch(self._source.url, self._interval)
        with self._reader.processes:
            async with watching as watch, asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._follow(watch)),
                    group.create_task(self._tick()),
                    group.create_task(self._take_requests()),
                    *(group.create_task(self._run_worker()) for _ in range(WORKERS)),
                ]
                await stop.wait()
                for task in tasks:
                    task.cancel()

    async def run_once(self) -> Mapping[str, Outcome]:
        """Bring every instance to the newest revision, or find out why not. Raises
        SourceUnreachable, NoProcess, Stalled.
        """
        with self._reader.processes:
            return await self._converge_all()

    async def _converge_all(self) -> Mapping[str, Outcome]:
        await self._refresh()
        keys = sorted(self._keys())
        places = asyncio.Semaphore(WORKERS)

        async def converge(key: str) -> Outcome:
            async with places:
                return await self._converge(key)

        outcomes = await asyncio.gather(*(converge(key) for key in keys))
        return dict(zip(keys, outcomes, strict=True))

    # Wake-ups

    async def _follow(self, watch: Watch) -> None:
        failures = 0
        while True:
            try:
                await self._refresh()
                failures = 0
            except (Transient, Stalled) as error:
                failures += 1
                await self._warn("", error.reason, str(error))
                asyncio.get_running_loop().call_later(backoff(failures), watch.wake)
            await watch.wait()

    async def _refresh(self) -> None:
        revision = await self._source.newest()
        if self.desired_state is not None and self.desired_state.revision == str(revision):
            return
        files = await self._source.files(revision)
        read = await self._reader.read(str(revision), files)
        before, self.desired_state = self.desired_state, read
        self._dependencies.observer.revision(str(revision), len(self.desired_state.digests))
        for mistake in read.repository.diagnostics:
            if mistake.file in read.repository.unreadable:
                await self._warn("", "UnreadableFile", str(mistake))
        if before is None:
            await self._queue_recorded()
            for key in self._keys():
                self._queue.add(key)
            return
        old, new = before.digests, self.desired_state.digests
        for key in old.keys() | new.keys():
            if old.get(key) != new.get(key):
                self._commit_to(key)

    async def _queue_recorded(self) -> None:
        for record in await asyncio.to_thread(self._dependencies.ledger.instances):
            # A suspension may be all that is recorded of an instance that was never desired.
            if record.status is not None:
                self._instance(record.key)

    def _commit_to(self, key: str) -> None:
        instance = self._instance(key)
        commits = instance.signals.commits
        commits.append(asyncio.get_running_loop().time())
        del commits[:-COMMITS_REMEMBERED]
        instance.failures = 0
        instance.signals.superseded.set()
        self._now(key)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._observe_interval)
            for key in self._keys():
                if self._instance(key).timer is None:
                    self._queue.add(key)

    async def _take_requests(self) -> None:
        while True:
            # Until a revision is read, it is unknown what instances are to be brought to.
            if self.desired_state is not None:
                for key in await asyncio.to_thread(self._dependencies.ledger.requests.take):
                    self._instance(key).failures = 0
                    self._now(key)
            await asyncio.sleep(REQUEST_SECONDS)

    def _now(self, key: str) -> None:
        self._instance(key).cancel_timer()
        self._queue.add(key)

    # Passes

    async def _run_worker(self) -> None:
        while True:
            key = await self._queue.get()
            self._instance(key).cancel_timer()
            outcome = await self._pass(key)
            if outcome.kind is OutcomeKind.REMOVED:
                del self._instances[key]
            else:
                self._schedule(key, outcome)
            self._queue.done(key)

    async def _pass(self, key: str) -> Outcome:
        assert self.desired_state is not None
        signals = self._instance(key).signals
        # Before the desired state is read: a commit from here on is news to this pass.
        signals.superseded.clear()
        task = asyncio.create_task(reconcile(key, self.desired_state, self._dependencies, signals))
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        error = task.exception()
        if error is None:
            return task.result()
        # A bug in click-up: it ends this pass, not those of other instances.
        message = f"{type(error).__name__}: {error}"
        self._dependencies.observer.crashed(key, error)
        await self._warn(key, "InternalError", message)
        return Outcome(OutcomeKind.BROKEN, "InternalError", message)

    def _schedule(self, key: str, outcome: Outcome) -> None:
        instance = self._instance(key)
        instance.failures = failures_after(outcome, instance.failures)
        delay = next_pass(outcome, instance.failures)
        if delay is not None:
            instance.timer = asyncio.get_running_loop().call_later(delay, self._now, key)

    async def _converge(self, key: str) -> Outcome:
        failures = 0
        while True:
            outcome = await self._pass(key)
            failures = failures_after(outcome, failures)
            delay = next_pass(outcome, failures, once=True)
            if delay is None:
                return outcome
            await asyncio.sleep(delay)

    async def _warn(self, key: str, reason: str, message: str) -> None:
        ledger = self._dependencies.ledger
        await asyncio.to_thread(ledger.events.record, key, "Warning", reason, message)
        self._dependencies.observer.event(key, "Warning", reason, message)

    def _instance(self, key: str) -> _Instance:
        return self._instances.setdefault(key, _Instance())

    def _keys(self) -> set[str]:
        wanted = self.desired_state.digests.keys() if self.desired_state is not None else ()
        return {*wanted, *self._instances}
