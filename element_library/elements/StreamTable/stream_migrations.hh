// The records that a full table keeps when they move into a smaller one.
#pragma once

#include "elements/StreamTable/stream_state.hh"

namespace clickup {

inline bool assured(const StreamsLayoutV1& stream) { return keeps_stream(stream); }
inline bool assured(const StreamSegmentsLayoutV1&) { return false; }
inline bool assured(const FoundPatternsLayoutV1&) { return false; }

}  // namespace clickup
