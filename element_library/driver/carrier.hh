// The carrier: the process that takes the records of state tables from one layout to another beside the workers.
#pragma once

namespace clickup {

// Carries records as ordered over the supervisor's channel, with this driver's migrations; returns the exit code of
// the process.
int run_carrier(int channel_fd);

}  // namespace clickup
