// The records that a full table keeps when they move into a smaller one.
#pragma once

#include "elements/StationTable/bridge_kernel.hh"

namespace clickup {

inline bool assured(const StationsLayoutV1& station) { return is_settled(station); }

}  // namespace clickup
