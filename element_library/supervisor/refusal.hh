// The answer to a request that is refused: a cause for programs, then the reason for people.
#pragma once

#include <string_view>

#include "shared/causes.hh"
#include "shared/control_socket.hh"

namespace clickup {

HandlerReply refused(Cause cause, std::string_view why);

}  // namespace clickup
