// The carrier: the process that takes the records of state tables from one layout to another beside the workers.
#pragma once

namespace clickup {

// Carries as told over the supervisor's channel, with the migrations of this driver; returns the exit code of the
// process.
int run_carrier(int channel_fd);

}  // namespace clickup
