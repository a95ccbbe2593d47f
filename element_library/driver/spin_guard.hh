// Keeps a worker with real-time priority from starving everything else on a machine.
#pragma once

namespace clickup {

// A worker that uses a processor for seconds without a rest is given SIGXCPU (RLIMIT_RTTIME, set by the supervisor): it
// then continues with ordinary priority.
void guard_against_spinning();

// A short rest, for a worker with real-time priority that is busy all the time: it restarts the time that is limited
// (kernel/sched/rt.c), so that only a worker in an endless loop reaches the limit.
void rest_if_realtime();

}  // namespace clickup
