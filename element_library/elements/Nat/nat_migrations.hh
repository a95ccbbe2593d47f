// The records that a full table keeps when they move into a smaller one: sessions in use, and all that are no sessions.
#pragma once

#include "elements/Nat/nat_tables.hh"

namespace clickup {

inline bool assured(const TranslationsLayoutV1& session) { return is_assured(session); }
inline bool assured(const MappingsLayoutV1&) { return true; }
inline bool assured(const OutsidePortsLayoutV1&) { return true; }
inline bool assured(const InsideHostsLayoutV1&) { return true; }
inline bool assured(const NatFragmentsLayoutV1&) { return false; }
inline bool assured(const NatHeldLayoutV1&) { return false; }
inline bool assured(const NatForwardsLayoutV1&) { return true; }
inline bool assured(const NatCountersLayoutV1&) { return true; }

// Each is counted where its port is.
inline void keeps_expired(const TranslationsLayoutV1&) {}

}  // namespace clickup
