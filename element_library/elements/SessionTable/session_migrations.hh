// Conversions of sessions between layouts that do not follow from names and types.
#pragma once

#include "elements/SessionTable/session_state.hh"

namespace clickup {

inline bool assured(const SessionsLayoutV1& session) { return is_assured(session); }
inline bool assured(const SessionsLayoutV2& session) { return is_assured(session); }

inline void migrate(const SessionsLayoutV1& from, SessionsLayoutV2& to) {
  to.flags = from.flags & kLastingFlags;
  to.scales = uint8_t((from.first_scale & 15) | from.second_scale << 4);
}

inline void migrate(const SessionsLayoutV2& from, SessionsLayoutV1& to) {
  to.flags = from.flags & kLastingFlags;
  to.first_scale = from.scales & 15;
  to.second_scale = from.scales >> 4;
}

}  // namespace clickup
