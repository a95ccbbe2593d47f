// Settings as lines KEY=VALUE.
#pragma once

#include <charconv>
#include <functional>
#include <string>
#include <string_view>

namespace clickup {

// Calls `read` with every key and value. Returns the first error, an empty string for none.
std::string read_settings(std::string_view text,
                          const std::function<std::string(std::string_view key, std::string_view value)>& read);

// Reads a decimal number within bounds. Returns an error, empty on success.
template <class Number>
std::string read_number(std::string_view key, std::string_view value, Number least, Number most, Number& number) {
  Number read = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), read);
  bool good = error == std::errc{} && end == value.data() + value.size() && read >= least && read <= most;
  if (good) number = read;
  return good ? ""
              : std::string(key) + "=" + std::string(value) + ": a number from " + std::to_string(least) + " to " +
                    std::to_string(most) + " is needed";
}

}  // namespace clickup
