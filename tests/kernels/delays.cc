// Drives CoDel's drop decision with commands: start TARGET INTERVAL; leave NOW WAITED LAST. Times in nanoseconds.
#include "kernels/command_loop.hh"
#include "support/controlled_delay/controlled_delay.hh"

using namespace clickup;

int main() {
  ControlledDelay delay;
  return run_commands({
      {"start",
       [&](Words& words) {
         delay = {};
         words >> delay.target_ns >> delay.interval_ns;
         return std::string("ok");
       }},
      {"leave",
       [&](Words& words) {
         uint64_t now = 0, waited = 0;
         bool last = false;
         words >> now >> waited >> last;
         return std::string(delay.drops(now, waited, last) ? "drop" : "keep");
       }},
  });
}
