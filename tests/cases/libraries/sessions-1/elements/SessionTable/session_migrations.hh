// There is one layout: only the capacity of a table changes.
#pragma once

#include "elements/SessionTable/session_state.hh"

namespace clickup {

inline bool assured(const SessionsLayoutV1& session) { return is_assured(session); }

}  // namespace clickup
