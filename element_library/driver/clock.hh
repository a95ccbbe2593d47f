// The worker's clock: read once a scheduling round.
#pragma once

namespace clickup {

// Reads CLOCK_BOOTTIME for now_ns(); CLOCK_REALTIME is derived from it and compared once a second.
void read_clock();

}  // namespace clickup
