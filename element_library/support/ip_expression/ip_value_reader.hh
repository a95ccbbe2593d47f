// The part of the parser that reads what follows the qualifiers of a primitive: operator and value.
#pragma once

#include <string>
#include <vector>

#include "support/ip_expression/ip_primitive.hh"
#include "support/ip_expression/ip_tokens.hh"

namespace clickup {

class IpValueReader {
 public:
  // Continues in `tokens` at index `at`, both owned by the parser.
  IpValueReader(const std::vector<IpToken>& tokens, size_t& at, IpExpressionError& error, const IpAddressNames& names)
      : tokens_(tokens), at_(at), error_(error), names_(names) {}

  // Chooses the property that the next value refers to: by the value, else as in the previous primitive. A bare
  // value (one without qualifiers) takes the direction from there too. False: an error was reported.
  bool infer_property(IpQualifiers& qualifiers, const IpQualifiers& before, bool bare);
  // At `[` behind a protocol: the bytes of its header. False: an error was reported.
  bool read_brackets(IpQualifiers& qualifiers);
  // Whether direction and protocol fit the property; `start` is the primitive's first token.
  bool check(const IpQualifiers& qualifiers, size_t start);
  // The value, as tests of the property.
  IpTreePointer value(const IpQualifiers& qualifiers);

  // Records the error, at the next token or at `token`, unless there is one already.
  std::nullptr_t fail(std::string message) { return fail(at_, std::move(message)); }
  std::nullptr_t fail(size_t token, std::string message);
  std::string expected(std::string_view what) const;  // "expected WHAT after 'port', found 'x'"

 private:
  IpTreePointer flag(const IpQualifiers& qualifiers);
  std::optional<PrefixOperand> prefix(std::string& problem) const;
  IpTreePointer ether(const IpQualifiers& qualifiers);
  IpTreePointer address(const IpQualifiers& qualifiers);
  IpTreePointer number(const IpQualifiers& qualifiers);
  IpTreePointer without_value(const IpQualifiers& qualifiers);
  bool infer_from_name(IpQualifiers& qualifiers, const IpQualifiers& before);
  void unknown_word();
  bool read_mask(uint32_t& mask);
  bool read_range(const IpQualifiers& qualifiers, NumberRange& range);
  bool read_net_mask(PrefixOperand& prefix);
  bool at_number() const;
  bool is_value_name() const;
  bool at_end_of_primitive() const;
  IpOperator read_operator();
  const std::string& word() const { return tokens_[at_].text; }

  const std::vector<IpToken>& tokens_;
  size_t& at_;
  IpExpressionError& error_;
  const IpAddressNames& names_;
};

}  // namespace clickup
