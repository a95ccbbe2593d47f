// Events per second, as an exponentially weighted moving average.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

namespace clickup {

// Every 100 ms the average moves by a sixteenth towards the rate of the last interval: after a step of the input it has
// moved two thirds of the way in 1.6 s. Reading it needs no further event: time since the last one counts as idle.
class RateAverage {
 public:
  void add(uint64_t count, uint64_t now_ns) {
    advance(now_ns);
    current_ += count;
  }
  double per_second(uint64_t now_ns) {
    advance(now_ns);
    return average_;
  }
  void reset() { *this = RateAverage(); }

 private:
  static constexpr uint64_t kInterval = 100'000'000;  // ns
  static constexpr double kWeight = 1.0 / 16;

  void advance(uint64_t now_ns) {
    if (start_ == 0) start_ = now_ns;
    if (now_ns - start_ < kInterval) return;
    uint64_t intervals = (now_ns - start_) / kInterval;
    double rate = double(current_) * (1e9 / double(kInterval));
    average_ += (rate - average_) * kWeight;
    if (intervals > 1) average_ *= std::pow(1 - kWeight, double(intervals - 1));
    if (average_ < 1e-6) average_ = 0;
    current_ = 0;
    start_ += intervals * kInterval;
  }

  uint64_t start_ = 0;    // of the interval that runs; 0: nothing happened yet
  uint64_t current_ = 0;  // in the interval that runs
  double average_ = 0;
};

// A rate for a handler: at most three decimals, none when it is whole.
inline std::string rate_text(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.3f", value);
  std::string result = text;
  result.erase(result.find_last_not_of('0') + 1);
  if (result.back() == '.') result.pop_back();
  return result;
}

}  // namespace clickup
