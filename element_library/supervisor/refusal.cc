#include "supervisor/refusal.hh"

#include <string>

namespace clickup {

HandlerReply refused(Cause cause, std::string_view why) {
  std::string word = kProtocol >= kFirstWithCauses ? std::string(cause_word(cause)) + ": " : "";
  return {520, word + std::string(why)};
}

}  // namespace clickup
