// The records that a full table keeps when they move into a smaller one.
#pragma once

#include "elements/BalanceTable/balance_state.hh"

namespace clickup {

inline bool assured(const BalancedFlowsLayoutV1& flow) { return keeps_flow(flow); }
inline bool assured(const BackendsLayoutV1&) { return false; }

}  // namespace clickup
