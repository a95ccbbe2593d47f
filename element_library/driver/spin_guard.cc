#include "driver/spin_guard.hh"

#include <sched.h>
#include <time.h>

#include <csignal>

namespace clickup {
namespace {

constexpr long kShortRest = 50'000;  // ns; a shorter rest ends before the process has left its processor, so it is none

// In a signal handler: system calls only.
void become_ordinary(int) {
  sched_param parameter{};
  ::sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &parameter);
}

}  // namespace

void guard_against_spinning() {
  struct sigaction action{};
  action.sa_handler = become_ordinary;
  action.sa_flags = SA_RESTART;
  sigaction(SIGXCPU, &action, nullptr);
}

void rest_if_realtime() {
  int policy = ::sched_getscheduler(0);
  if (policy < 0 || (policy & ~SCHED_RESET_ON_FORK) != SCHED_FIFO) return;
  timespec rest{0, kShortRest};
  ::nanosleep(&rest, nullptr);
}

}  // namespace clickup
