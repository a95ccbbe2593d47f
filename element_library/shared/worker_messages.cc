#include "shared/worker_messages.hh"

#include <algorithm>

#include "shared/causes.hh"

namespace clickup {

unsigned greet(WorkerChannel& channel, const Message& welcome) {
  if (kProtocol >= kFirstWithCauses) channel.send(encode(notices::Version{kProtocol}));
  return std::clamp(parse<orders::Welcome>(welcome).value_or(orders::Welcome{}).version, 1u, kProtocol);
}

}  // namespace clickup
