// How long a process ran on a processor and waited for one, and whether it wants one now.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace clickup {

struct ProcessorTime {
  uint64_t ran_ns = 0, waited_ns = 0;  // a wait counts when it has ended
  bool runnable = false;               // now: it runs or waits for a processor, and for nothing else
  bool known = false;                  // the kernel says so (CONFIG_SCHED_INFO, a /proc of this process id namespace)

  ProcessorTime since(const ProcessorTime& before) const {
    return {ran_ns - before.ran_ns, waited_ns - before.waited_ns, runnable, known && before.known};
  }
};

// Of the first thread of a process (Documentation/scheduler/sched-stats.rst).
ProcessorTime processor_time(pid_t process);

}  // namespace clickup
