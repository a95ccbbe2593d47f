// The worker under a supervisor.
#pragma once

namespace clickup {

// Runs the graph of `config_path` as ordered over the supervisor's channel; returns the exit code of the process.
int run_worker(int channel_fd, const char* config_path);

}  // namespace clickup
