#include "shared/worker_messages.hh"

#include <algorithm>

#include "shared/causes.hh"
#include "shared/message_codec.hh"

namespace clickup {

// Here alone, since to compile them in every source that sends or reads a message takes seconds.
#define CLICKUP_MESSAGE(Fields)               \
  template std::string encode(const Fields&); \
  template std::optional<Fields> parse(const Message&);
CLICKUP_MESSAGE(orders::Welcome)
CLICKUP_MESSAGE(orders::PrepareWorker)
CLICKUP_MESSAGE(orders::PrepareCarrier)
CLICKUP_MESSAGE(orders::Pause)
CLICKUP_MESSAGE(orders::Ring)
CLICKUP_MESSAGE(orders::RingFilled)
CLICKUP_MESSAGE(orders::Table)
CLICKUP_MESSAGE(orders::Carry)
CLICKUP_MESSAGE(notices::Version)
CLICKUP_MESSAGE(notices::Unknown)
CLICKUP_MESSAGE(notices::Socket)
CLICKUP_MESSAGE(notices::Table)
CLICKUP_MESSAGE(notices::Counter)
CLICKUP_MESSAGE(notices::Failed)
CLICKUP_MESSAGE(notices::FailedWithoutCause)
CLICKUP_MESSAGE(notices::Paused)
CLICKUP_MESSAGE(notices::Running)
CLICKUP_MESSAGE(notices::RingMapped)
CLICKUP_MESSAGE(notices::RingRefused)
CLICKUP_MESSAGE(notices::RingChanged)
CLICKUP_MESSAGE(notices::Cannot)
CLICKUP_MESSAGE(notices::Behind)
CLICKUP_MESSAGE(notices::Rounds)
CLICKUP_MESSAGE(notices::Counts)
CLICKUP_MESSAGE(answers::Socket)
CLICKUP_MESSAGE(answers::Table)
CLICKUP_MESSAGE(answers::Counter)
CLICKUP_MESSAGE(answers::Error)
#undef CLICKUP_MESSAGE

unsigned greet(WorkerChannel& channel, const Message& welcome) {
  if (kProtocol >= kFirstWithCauses) channel.send(encode(notices::Version{kProtocol}));
  return std::clamp(parse<orders::Welcome>(welcome).value_or(orders::Welcome{}).version, 1u, kProtocol);
}

}  // namespace clickup
