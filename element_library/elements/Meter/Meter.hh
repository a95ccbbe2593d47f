// Meter(RATE, ...): sends the packet stream to the output that goes with its present rate.
//
// Ports: 1 input, push; one output more than rates, push. Rates are in packets/s and ascend. The whole stream goes to
// output 0 while its averaged rate is below the first RATE, to output 1 while it is below the second, and so on.
// Handlers: rate (rw), the first RATE, a live parameter; rates (r), all of them; measured_rate (r), the average.
#pragma once

#include <algorithm>
#include <vector>

#include "driver/element.hh"
#include "support/rate_average/rate_average.hh"

namespace clickup {

class Meter : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    double first = 0;
    arguments.positional("RATE", first);
    rates_ = {first};
    for (const std::string& text : arguments.rest()) read_rate(text, errors);
    arguments.finish(errors);
    if (!std::is_sorted(rates_.begin(), rates_.end(), std::less_equal<>())) errors.add("rates must ascend");
    if (output_count() != int(rates_.size()) + 1) {
      errors.add(std::to_string(rates_.size()) + " rates need " + std::to_string(rates_.size() + 1) + " outputs, not " +
                 std::to_string(output_count()));
    }
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("rate", [this] { return rate_text(rates_[0]); });
    handlers.write("rate", [this](std::string_view value) { return set_rate(value); });
    handlers.read("rates", [this] { return all_rates(); });
    handlers.read("measured_rate", [this] { return rate_text(average_.per_second(now_ns())); });
  }

  void push(int, Batch& batch) override {
    average_.add(batch.count, now_ns());
    double rate = average_.per_second(now_ns());
    auto above = std::upper_bound(rates_.begin(), rates_.end(), rate);
    output(int(above - rates_.begin())).push(batch);
  }

 private:
  void read_rate(const std::string& text, Errors& errors) {
    double rate = 0;
    if (!parse_real(text, rate) || rate < 0) errors.add("rate '" + text + "' is not a number of packets per second");
    rates_.push_back(rate);
  }

  std::string set_rate(std::string_view value) {
    double rate = 0;
    if (!parse_real(value, rate) || rate < 0) return "rate is a number of packets per second";
    if (rates_.size() > 1 && rate >= rates_[1]) return "rate must stay below the next one, " + rate_text(rates_[1]);
    rates_[0] = rate;
    set_keyword("RATE", value);
    return "";
  }

  std::string all_rates() const {
    std::string text;
    for (double rate : rates_) text += (text.empty() ? "" : " ") + rate_text(rate);
    return text;
  }

  std::vector<double> rates_{0};
  RateAverage average_;
};

}  // namespace clickup
