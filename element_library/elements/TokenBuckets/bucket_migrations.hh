// The records that a full table keeps when they move into a smaller one.
#pragma once

#include "layouts/TokenBuckets.layout.hh"

namespace clickup {

inline bool assured(const BucketsLayoutV1&) { return false; }  // the fullest go first: they are the first to be due
inline bool assured(const LimitsLayoutV1&) { return true; }
inline bool assured(const ShapedLayoutV1&) { return true; }  // whole packets, the first ones

// Its deadline may be that of a higher rate, which does not hold any more.
inline void keeps_expired(const BucketsLayoutV1&) {}

}  // namespace clickup
