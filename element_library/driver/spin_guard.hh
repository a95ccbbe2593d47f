// Keeps a worker with real-time priority from taking a machine away from everybody else.
#pragma once

namespace clickup {

// A worker that uses a processor for seconds without a rest is given SIGXCPU (RLIMIT_RTTIME, set by the supervisor): it
// goes on as any other program then.
void guard_against_spinning();

// A short rest, for a worker with real-time priority that is busy all the time: the time that the limit
// is about begins anew (kernel/sched/rt.c), so that only one that loops meets it.
void rest_if_realtime();

}  // namespace clickup
