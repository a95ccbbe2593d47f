#include "support/ip_expression/ip_expression.hh"

#include <algorithm>
#include <span>

#include "support/ip_expression/ip_batch.hh"
#include "support/ip_expression/ip_parser.hh"

namespace clickup {
namespace {

constexpr const char* kFieldNames[] = {
    "version",          "header length", "id",         "tos",         "ttl",
    "protocol",         "fragment",      "source",     "destination", "source port",
    "destination port", "tcp flags",     "tcp window", "icmp type",   "icmp code",
};
static_assert(std::size(kFieldNames) == size_t(IpField::count));

template <typename Test>
PacketMask where(IpBatch& batch, IpField field, Test&& test) {
  const uint32_t* values = batch.values(field);
  PacketMask where = 0;
  for (uint32_t first = 0; first < batch.count(); first += IpBatch::kRow) {
    IpBatch::Lanes found{}, bits{1, 2, 4, 8};
    for (uint32_t i = first; i < first + IpBatch::kRow; i += 4, bits <<= 4) {
      IpBatch::Lanes lanes;
      std::memcpy(&lanes, values + i, sizeof lanes);
      found |= IpBatch::Lanes(test(lanes)) & bits;
    }
    where |= PacketMask(found[0] | found[1] | found[2] | found[3]) << first;
  }
  return where & batch.present(field);
}

PacketMask matches(const RangeTest& range, IpBatch& batch) {
  uint32_t mask = range.mask, low = range.low, width = range.high - range.low;
  PacketMask within =
      width == 0
          ? where(batch, range.field, [=](const IpBatch::Lanes& values) { return (values & mask) == low; })
          : where(batch, range.field, [=](const IpBatch::Lanes& values) { return (values & mask) - low <= width; });
  return range.inverted ? batch.present(range.field) & ~within : within;
}

bool matches(const PrefixTest& prefix, const IpHeaders& headers) {
  if (headers.version != 6) return false;
  const uint8_t* address = headers.ip + (prefix.source ? 8 : 24);
  uint64_t difference = 0;
  for (size_t half = 0; half < 16; half += 8) {
    uint64_t value, wanted, mask;
    std::memcpy(&value, address + half, 8);
    std::memcpy(&wanted, prefix.address.data() + half, 8);
    std::memcpy(&mask, prefix.mask.data() + half, 8);
    difference |= (value & mask) ^ wanted;
  }
  return difference == 0;
}

PacketMask matches(const PrefixTest& prefix, IpBatch& batch) {
  PacketMask matched = 0;
  for (uint32_t i = 0; i < batch.count(); ++i) matched |= PacketMask(matches(prefix, batch.headers(i))) << i;
  return matched;
}

// Where the header is, and how much of it there is; nothing when the packet has none.
std::span<const uint8_t> header_bytes(BytesTest::Base base, const IpHeaders& headers, const Packet& packet) {
  uint32_t end = packet.begin + packet.length;
  if (base == BytesTest::Base::ether) {
    bool there = packet.mac_header != Packet::kNoHeader && packet.mac_header + 14 <= end;
    return there ? std::span(packet.buffer + packet.mac_header, 14) : std::span<const uint8_t>();
  }
  if (base == BytesTest::Base::transport) return {headers.transport, headers.transport_length};
  if (headers.version != 4) return {};
  return {headers.ip, std::min<uint32_t>(load16(headers.ip + 2), packet.network_length())};
}

bool matches(const BytesTest& test, const IpHeaders& headers, const Packet& packet) {
  std::span<const uint8_t> header = header_bytes(test.base, headers, packet);
  if (header.size() < test.offset + test.length) return false;
  uint64_t value = 0;
  for (uint8_t byte : header.subspan(test.offset, test.length)) value = value << 8 | byte;
  value &= test.mask;
  return (value >= test.low && value <= test.high) != test.inverted;
}

PacketMask matches(const BytesTest& test, const IpBatch& batch) {
  PacketMask matched = 0;
  for (uint32_t i = 0; i < batch.count(); ++i) {
    matched |= PacketMask(matches(test, batch.headers(i), batch.packet(i))) << i;
  }
  return matched;
}

std::string hexadecimal(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string number(const RangeTest& range, uint32_t value) {
  bool address = range.field == IpField::source || range.field == IpField::destination;
  if (!address) return std::to_string(value);
  in_addr network{htonl(value)};
  char text[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &network, text, sizeof text);
}

std::string text_of(const RangeTest& range) {
  std::string text = kFieldNames[size_t(range.field)];
  if (range.mask != ~0u) text += " & " + hexadecimal(range.mask);
  text += range.inverted ? " not in " : " in ";
  text += number(range, range.low);
  return range.low == range.high ? text : text + ".." + number(range, range.high);
}

std::string text_of(const PrefixTest& prefix) {
  char address[INET6_ADDRSTRLEN], mask[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, prefix.address.data(), address, sizeof address);
  inet_ntop(AF_INET6, prefix.mask.data(), mask, sizeof mask);
  return std::string(prefix.source ? "source & " : "destination & ") + mask + " in " + address;
}

std::string text_of(const BytesTest& test) {
  static constexpr const char* kBases[] = {"ether", "ip", "transport"};
  std::string text = std::string(kBases[size_t(test.base)]) + "[" + std::to_string(test.offset) + ":" +
                     std::to_string(test.length) + "]";
  if (test.mask != ~uint64_t(0)) text += " & " + hexadecimal(test.mask);
  text += (test.inverted ? " not in " : " in ") + hexadecimal(test.low);
  return test.low == test.high ? text : text + ".." + hexadecimal(test.high);
}

std::string target_text(int32_t target) {
  if (target >= 0) return "step " + std::to_string(target);
  return ~target == IpProgram::kDrop ? "[drop]" : "[" + std::to_string(~target) + "]";
}

}  // namespace

std::string IpProgram::add(std::string_view expression, int output, const IpAddressNames& names) {
  IpExpressionError error;
  IpTreePointer tree = parse_ip_expression(expression, error, names);
  if (!tree) return "character " + std::to_string(error.position + 1) + ": " + error.message;
  rules_.push_back({std::move(tree), output});
  return "";
}

void IpProgram::compile() {
  steps_.clear();
  tests_.clear();
  entry_ = ~kDrop;
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) entry_ = emit(*rule->tree, ~rule->output, entry_);
  arrived_.assign(steps_.size(), 0);
}

// A step tests all packets that reach it at once. Its targets have lower indices, so that a single pass downwards
// visits every step after all those that lead to it.
void IpProgram::classify(const Batch& batch, BatchSplit& split) {
  IpBatch fields(batch);
  PacketMask undecided = all_packets(batch);
  auto send = [&](PacketMask packets, Target target) {
    if (target >= 0) {
      arrived_[size_t(target)] |= packets;
    } else {
      undecided &= ~packets;
      split.add(packets, ~target);
    }
  };
  ++batches_;
  send(undecided, entry_);
  size_t at = steps_.size();
  while (undecided != 0) {
    PacketMask packets = std::exchange(arrived_[--at], 0);
    if (packets == 0) continue;
    const Step& step = steps_[at];
    PacketMask matched = packets & matches(tests_[step.test], fields);
    send(matched, step.yes);
    send(packets & ~matched, step.no);
  }
}

PacketMask IpProgram::matches(Test& test, IpBatch& batch) const {
  if (std::exchange(test.batch, batches_) == batches_) return test.matched;
  return test.matched = std::visit([&](const auto& what) { return clickup::matches(what, batch); }, test.what);
}

// Steps are created from the last to the first, so that the targets of each are known.
IpProgram::Target IpProgram::emit(const IpTree& tree, Target yes, Target no) {
  switch (tree.kind) {
    case IpTree::Kind::always: return yes;
    case IpTree::Kind::never: return no;
    case IpTree::Kind::negation: return emit(*tree.parts[0], no, yes);
    case IpTree::Kind::range: return emit_step(tree.range, yes, no);
    case IpTree::Kind::prefix: return emit_step(tree.prefix, yes, no);
    case IpTree::Kind::bytes: return emit_step(tree.bytes, yes, no);
    case IpTree::Kind::choice: {
      Target otherwise = emit(*tree.parts[2], yes, no);
      return emit(*tree.parts[0], emit(*tree.parts[1], yes, no), otherwise);
    }
    default: return emit_parts(tree, yes, no);
  }
}

IpProgram::Target IpProgram::emit_parts(const IpTree& tree, Target yes, Target no) {
  bool conjunction = tree.kind == IpTree::Kind::conjunction;
  Target next = conjunction ? yes : no;
  for (auto part = tree.parts.rbegin(); part != tree.parts.rend(); ++part) {
    next = conjunction ? emit(**part, next, no) : emit(**part, yes, next);
  }
  return next;
}

IpProgram::Target IpProgram::emit_step(std::variant<RangeTest, PrefixTest, BytesTest> what, Target yes, Target no) {
  if (yes == no) return yes;
  auto known = std::find_if(tests_.begin(), tests_.end(), [&](const Test& test) { return test.what == what; });
  steps_.push_back({size_t(known - tests_.begin()), yes, no});
  if (known == tests_.end()) tests_.push_back({what});
  return Target(steps_.size()) - 1;
}

std::string IpProgram::text(const Step& step) const {
  std::string test = std::visit([](const auto& what) { return text_of(what); }, tests_[step.test].what);
  return test + "  yes->" + target_text(step.yes) + "  no->" + target_text(step.no);
}

std::string IpProgram::text() const {
  if (entry_ < 0) return "all->" + target_text(entry_) + "\n";
  std::string text = "start at " + target_text(entry_) + "\n";
  for (size_t i = steps_.size(); i-- > 0;) text += std::to_string(i) + "  " + this->text(steps_[i]) + "\n";
  return text;
}

}  // namespace clickup
