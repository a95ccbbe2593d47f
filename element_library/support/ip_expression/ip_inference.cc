// The property that a value refers to when no word names one: `www`, `syn`, `10.0.0.0/8`, or a number after `or`.
#include "support/ip_expression/ip_value_reader.hh"

namespace clickup {

using Value = IpProperty::Value;

bool IpValueReader::infer_property(IpQualifiers& qualifiers, const IpQualifiers& before, bool bare) {
  if (bare) qualifiers.direction = before.direction;
  if (EtherAddress ether; qualifiers.protocol == "ether" || parse_ether_address(word(), ether)) {
    qualifiers.protocol = "ether";
    qualifiers.property = ip_property("host");
    return true;
  }
  std::string problem;
  if (std::optional<PrefixOperand> prefix = is_value_name() ? std::nullopt : this->prefix(problem)) {
    qualifiers.property = ip_property(prefix->has_length || tokens_[at_ + 1].text == "mask" ? "net" : "host");
    return true;
  }
  if (!problem.empty()) {
    fail(problem);
    return false;
  }
  if (!at_number()) return infer_from_name(qualifiers, before);
  bool known = before.property && before.property->value == Value::number;
  if (!known) {
    fail(quoted(word()) + " needs a word before it that says what it is: port, proto, ttl, ...");
    return false;
  }
  qualifiers.property = before.property;
  qualifiers.bytes = before.bytes;
  if (qualifiers.protocol.empty()) qualifiers.protocol = before.protocol;
  return true;
}

// Whether the word names a number, so that it is no address.
bool IpValueReader::is_value_name() const {
  for (auto names : {tcp_flag_names(), port_names(), icmp_type_names(), icmp6_type_names(), protocol_names()}) {
    if (number_of(names, word())) return true;
  }
  return at_number();
}

bool IpValueReader::infer_from_name(IpQualifiers& qualifiers, const IpQualifiers& before) {
  bool flag = number_of(tcp_flag_names(), word()).has_value();
  bool same = before.property && before.property->value == Value::number && number_of(value_names(before), word());
  bool port = number_of(port_names(), word()).has_value();
  bool icmp = number_of(icmp_type_names(), word()).has_value();
  if (flag) {
    qualifiers.property = ip_property("opt");
    qualifiers.direction = IpDirection::none;
  } else if (same) {
    qualifiers.property = before.property;
    if (qualifiers.protocol.empty()) qualifiers.protocol = before.protocol;
  } else if (port && icmp) {
    fail(quoted(word()) + " is a port and an ICMP type: write 'port " + word() + "' or 'icmp type " + word() + "'");
  } else if (port) {
    qualifiers.property = ip_property("port");
  } else if (icmp) {
    qualifiers.property = ip_property("type");
  } else if (number_of(protocol_names(), word())) {
    qualifiers.property = ip_property("proto");
  } else {
    unknown_word();
  }
  bool directed = qualifiers.property && qualifiers.property->field == IpField::source_port;
  if (!directed && before.direction == qualifiers.direction) qualifiers.direction = IpDirection::none;
  return qualifiers.property != nullptr;
}

void IpValueReader::unknown_word() {
  std::vector<std::string_view> words = ip_property_words();
  for (std::string_view word :
       {"src", "dst", "ether", "and", "or", "not", "ip", "ip6", "any", "all", "true", "false"}) {
    words.push_back(word);
  }
  for (auto names : {protocol_names(), tcp_flag_names(), port_names()}) {
    for (std::string_view name : words_of(names)) words.push_back(name);
  }
  bool sign = word().empty() || std::string_view("()!&|=<>?").find(word()[0]) != std::string_view::npos;
  std::string what = "an expression such as 'tcp dst port 80', 'src net 10.0.0.0/8' or 'icmp'";
  fail(sign ? expected(what) : "unknown word " + quoted(word()) + suggestion(word(), words));
}

}  // namespace clickup
