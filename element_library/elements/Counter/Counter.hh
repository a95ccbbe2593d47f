// Counter([COUNT_CALL, BYTE_COUNT_CALL]): counts packets and bytes and lets them through.
//
// Ports: 1 input, 1 output, agnostic.
// Handlers: count, byte_count (r); rate in packets/s, byte_rate in bytes/s, bit_rate in bits/s (r), exponentially
// weighted averages; reset, reset_counts (w) set everything to zero.
// COUNT_CALL `N HANDLER [VALUE]` calls a write handler when N packets were counted, BYTE_COUNT_CALL when N bytes were;
// each once until the counts are reset. Handlers count_call (rw), byte_count_call (w).
// The counts live in the host's counter slot of the element's name, so they go on in the next worker; the averages are
// the worker's own.
#pragma once

#include <algorithm>

#include "driver/element.hh"
#include "support/handler_call/handler_call.hh"
#include "support/rate_average/rate_average.hh"

namespace clickup {

class Counter : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string packets, bytes;
    arguments.keyword("COUNT_CALL", packets).keyword("BYTE_COUNT_CALL", bytes).finish(errors);
    for (const std::string& problem : {packets.empty() ? "" : count_call_.parse("COUNT_CALL", packets),
                                       bytes.empty() ? "" : byte_count_call_.parse("BYTE_COUNT_CALL", bytes)}) {
      if (!problem.empty()) errors.add(problem);
    }
  }

  void initialize(Host& host, Errors& errors) override {
    find_counter("", slot_, host, errors);
    for (const std::string& problem : {count_call_.handler.check(*this), byte_count_call_.handler.check(*this)}) {
      if (!problem.empty()) errors.add(problem);
    }
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("count", [this] { return std::to_string(slot_->packets); });
    handlers.read("byte_count", [this] { return std::to_string(slot_->bytes); });
    handlers.read("rate", [this] { return rate_text(packets_.per_second(now_ns())); });
    handlers.read("byte_rate", [this] { return rate_text(bytes_.per_second(now_ns())); });
    handlers.read("bit_rate", [this] { return rate_text(bytes_.per_second(now_ns()) * 8); });
    handlers.write("reset", [this](std::string_view) { return reset(); });
    handlers.write("reset_counts", [this](std::string_view) { return reset(); });
    handlers.read("count_call", [this] { return count_call_.text; });
    handlers.write("count_call", [this](std::string_view text) { return set(count_call_, "COUNT_CALL", text); });
    handlers.write("byte_count_call",
                   [this](std::string_view text) { return set(byte_count_call_, "BYTE_COUNT_CALL", text); });
  }

  void process(Batch& batch) override {
    uint64_t bytes = 0;
    for (Packet* packet : batch) bytes += packet->length;
    slot_->packets += batch.count;
    slot_->bytes += bytes;
    packets_.add(batch.count, now_ns());
    bytes_.add(bytes, now_ns());
    CounterSlot after = *slot_;
    if (count_call_.passed(after.packets - batch.count, after.packets)) count_call_.handler.call(*this);
    if (byte_count_call_.passed(after.bytes - bytes, after.bytes)) byte_count_call_.handler.call(*this);
  }

 private:
  struct Trigger {
    std::string text;
    uint64_t number = 0;
    HandlerCall handler;

    std::string parse(const char* keyword, std::string_view words) {
      size_t space = std::min(words.find_first_of(" \t\r\n"), words.size());
      size_t rest = std::min(words.find_first_not_of(" \t\r\n", space), words.size());
      Trigger read;
      read.text = words;
      bool good = parse_unsigned(words.substr(0, space), read.number);
      std::string problem = good ? read.handler.parse(words.substr(rest)) : "expected a number before the handler";
      if (!problem.empty()) return std::string(keyword) + " '" + read.text + "': " + problem;
      *this = read;
      return "";
    }
    bool passed(uint64_t before, uint64_t after) const { return handler.set() && before < number && after >= number; }
  };

  std::string set(Trigger& trigger, const char* keyword, std::string_view text) {
    Trigger read;
    std::string problem = read.parse(keyword, text);
    if (problem.empty()) problem = read.handler.check(*this);
    if (!problem.empty()) return problem;
    trigger = read;
    set_keyword(keyword, trigger.text);
    return "";
  }

  std::string reset() {
    *slot_ = {};
    packets_.reset();
    bytes_.reset();
    return "";
  }

  CounterSlot local_{};  // until initialised
  CounterSlot* slot_ = &local_;
  RateAverage packets_, bytes_;
  Trigger count_call_, byte_count_call_;
};

}  // namespace clickup
