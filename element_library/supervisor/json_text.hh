// Writes JSON on one line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clickup {

class JsonText {
 public:
  JsonText& begin_object() { return open('{'); }
  JsonText& end_object() { return close('}'); }
  JsonText& begin_list() { return open('['); }
  JsonText& end_list() { return close(']'); }
  JsonText& key(std::string_view name);  // for the next value
  JsonText& value(std::string_view text);
  JsonText& value(uint64_t number) { return raw(std::to_string(number)); }
  JsonText& null() { return raw("null"); }
  JsonText& raw(std::string_view json);  // already JSON
  template <typename Value>
  JsonText& field(std::string_view name, const Value& content) {
    return key(name).value(content);
  }
  const std::string& text() const { return text_; }

 private:
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  void separate();
  std::string text_;
};

}  // namespace clickup
