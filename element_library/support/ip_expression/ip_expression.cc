#include "support/ip_expression/ip_expression.hh"

#include "support/ip_expression/ip_parser.hh"

namespace clickup {
namespace {

constexpr const char* kFieldNames[] = {
    "version",     "header length",    "id",        "tos",        "ttl",       "protocol",  "fragment", "source",
    "destination", "source port", "destination port", "tcp flags", "tcp window", "icmp type", "icmp code",
};
static_assert(std::size(kFieldNames) == size_t(IpField::count));

std::string hexadecimal(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%x", value);
  return text;
}

std::string number(const RangeTest& range, uint32_t value) {
  bool address = range.field == IpField::source || range.field == IpField::destination;
  if (!address) return std::to_string(value);
  in_addr network {htonl(value)};
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

std::string target_text(int32_t target) {
  if (target >= 0) return "step " + std::to_string(target);
  return ~target == IpProgram::kDrop ? "[drop]" : "[" + std::to_string(~target) + "]";
}

}  // namespace

std::string IpProgram::add(std::string_view expression, int output) {
  IpExpressionError error;
  IpTreePointer tree = parse_ip_expression(expression, error);
  if (!tree) return "character " + std::to_string(error.position + 1) + ": " + error.message;
  rules_.push_back({std::move(tree), output});
  return "";
}

void IpProgram::compile() {
  steps_.clear();
  prefixes_.clear();
  entry_ = ~kDrop;
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) entry_ = emit(*rule->tree, ~rule->output, entry_);
}

// Steps are made from the last to the first, so that the targets of each are known.
IpProgram::Target IpProgram::emit(const IpTree& tree, Target yes, Target no) {
  switch (tree.kind) {
    case IpTree::Kind::always: return yes;
    case IpTree::Kind::never: return no;
    case IpTree::Kind::negation: return emit(*tree.parts[0], no, yes);
    case IpTree::Kind::range: return emit_step({tree.range, -1}, yes, no);
    case IpTree::Kind::prefix: {
      prefixes_.push_back(tree.prefix);
      return emit_step({{}, int32_t(prefixes_.size()) - 1}, yes, no);
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

IpProgram::Target IpProgram::emit_step(Step step, Target yes, Target no) {
  if (yes == no) return yes;
  step.yes = yes;
  step.no = no;
  steps_.push_back(step);
  return Target(steps_.size()) - 1;
}

std::string IpProgram::text(const Step& step) const {
  std::string test = step.prefix < 0 ? text_of(step.range) : text_of(prefixes_[size_t(step.prefix)]);
  return test + "  yes->" + target_text(step.yes) + "  no->" + target_text(step.no);
}

std::string IpProgram::text() const {
  if (entry_ < 0) return "all->" + target_text(entry_) + "\n";
  std::string text = "start at " + target_text(entry_) + "\n";
  for (size_t i = steps_.size(); i-- > 0;) text += std::to_string(i) + "  " + this->text(steps_[i]) + "\n";
  return text;
}

}  // namespace clickup
