// Patterns of Classifier and expressions of IPFilter, on a packet: text up to a zero byte, then the packet.
#include "fuzz/input.hh"
#include "support/byte_pattern/byte_pattern.hh"
#include "support/ip_expression/ip_expression.hh"

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

void classify_ip(std::string_view text, const std::vector<uint8_t>& bytes) {
  IpProgram program, negated;
  std::string why = program.add(text, 1);
  PROMISE(why.empty() || why.starts_with("character "));
  if (!why.empty()) return;
  program.compile();
  PROMISE(!program.text().empty());
  Packet* zeros = packet_of(bytes, 0);
  zeros->network_header = zeros->begin;
  Packet* ones = packet_of(bytes, 0xff);
  ones->network_header = ones->begin;
  int output = program.classify(*zeros);
  PROMISE(output == 1 || output == IpProgram::kDrop);
  PROMISE(program.classify(*ones) == output);
  if (negated.add("not (" + std::string(text) + ")", 1).empty()) {
    negated.compile();
    PROMISE((negated.classify(*zeros) == 1) == (output != 1));
  }
  packet_pool().release(zeros);
  packet_pool().release(ones);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  std::string_view text = input.text();
  std::vector<uint8_t> packet = input.rest();
  classify_bytes(text, packet);
  classify_ip(text, packet);
  return 0;
}
