// Patterns of Classifier and expressions of IPFilter, on a packet: text up to a zero byte, then the packet.
#include "fuzz/witness.hh"
#include "support/byte_pattern/byte_pattern.hh"

using namespace clickup;

namespace {

void classify_bytes(std::string_view text, const std::vector<uint8_t>& bytes) {
  BytePattern pattern, again;
  if (!pattern.parse(text).empty()) return;
  PROMISE(again.parse(pattern.text()).empty() && again.text() == pattern.text());
  Packet *zeros = packet_of(bytes, 0), *ones = packet_of(bytes, 0xff);
  bool matches = pattern.matches(*zeros);
  PROMISE(pattern.matches(*ones) == matches && again.matches(*zeros) == matches);
  packet_pool().release(zeros);
  packet_pool().release(ones);
}

// An IPFilter with the rule "1 EXPRESSION", set directly so that it may contain any byte. nullptr when it is refused.
std::unique_ptr<Router> filter(const std::string& expression) {
  std::unique_ptr<Router> router = fuzz_router("Idle -> f :: IPFilter(0 false) -> w :: Witness; f[1] -> [1]w");
  Errors errors;
  Arguments arguments({"1 " + expression}, *router, errors);
  router->find("f")->configure(arguments, errors);
  for (const std::string& message : errors.messages())
    PROMISE(message.find(", character ") != message.npos || message.find("expected an expression") != message.npos);
  return errors.empty() ? std::move(router) : nullptr;
}

int output(Router& router, const std::vector<uint8_t>& bytes, uint8_t filler) {
  Packet* packet = packet_of(bytes, filler);
  packet->network_header = packet->begin;
  return output_of(*router.find("f"), packet);
}

void classify_ip(const std::string& text, const std::vector<uint8_t>& bytes) {
  std::unique_ptr<Router> plain = filter(text);
  if (!plain) return;
  PROMISE(!RouterHandlers(*plain).read_now("f.program", "").text.empty());
  int found = output(*plain, bytes, 0);
  PROMISE(found == 1 || found == Witness::kNobody);
  PROMISE(output(*plain, bytes, 0xff) == found);
  if (std::unique_ptr<Router> negated = filter("not (" + text + ")"))
    PROMISE((output(*negated, bytes, 0) == 1) == (found != 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  std::string_view text = input.text();
  std::vector<uint8_t> packet = input.rest();
  classify_bytes(text, packet);
  classify_ip(std::string(text), packet);
  return 0;
}
