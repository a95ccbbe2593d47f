// A network element's share of its device: priority, cores, memory of receive rings.
#pragma once

#include <string>
#include <string_view>

namespace clickup {

class Resources;
class Scheduling;

// Lines KEY=VALUE: priority, cores (see Scheduling::change), ring_memory (bytes per ring). Keys left out keep their
// values. Returns an error, after which nothing has changed; empty on success.
std::string change_share(std::string_view text, Scheduling& scheduling, Resources& resources);

}  // namespace clickup
