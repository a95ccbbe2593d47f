// What a network element gets of its device: priority, cores, memory of receive rings.
#pragma once

#include <string>
#include <string_view>

namespace clickup {

class Resources;
class Scheduling;

// Lines KEY=VALUE: priority, cores (see Scheduling::change), ring_memory (bytes a ring). What is not named stays.
// Returns an empty string, else what is wrong: nothing has changed then.
std::string change_share(std::string_view text, Scheduling& scheduling, Resources& resources);

}  // namespace clickup
