// The records that a full table keeps when they move into a smaller one.
#pragma once

#include "elements/NeighbourTable/neighbour_kernel.hh"

namespace clickup {

inline bool assured(const NeighboursLayoutV1& neighbour) { return is_known(neighbour); }
inline bool assured(const UnresolvedLayoutV1&) { return true; }  // whole packets, the first ones

}  // namespace clickup
