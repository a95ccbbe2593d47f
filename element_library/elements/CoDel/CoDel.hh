// CoDel([TARGET, INTERVAL] [ECN]): drops packets that waited too long in the queue upstream, so that it stays short.
//
// Ports: 1 input, pull; 1 output, pull. Controlled delay (RFC 8289): once every packet of an INTERVAL waited for TARGET
// or longer, packets are dropped at growing frequency until one did not. The waiting time counts from the packet's
// timestamp, which reception and SetTimestamp set; the last packet of a queue is never dropped. Parameters: TARGET
// (5ms); INTERVAL (100ms), a number without a unit is in seconds; ECN, marks packets whose sender can take a mark
// instead of dropping them (RFC 3168), where the IP header is marked (false). QUEUES as in Click is not taken: it is
// the queue upstream that counts. Handlers: codel_target, codel_interval (rw), in seconds when read; drops, marks (r),
// continuing in the next worker.
#pragma once

#include <algorithm>
#include <cstdio>

#include "driver/element.hh"
#include "support/controlled_delay/controlled_delay.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/traffic_class/traffic_class.hh"

namespace clickup {

class CoDel : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string target = "5ms", interval = "100ms";
    arguments.positional("TARGET", target, false).positional("INTERVAL", interval, false);
    arguments.keyword("ECN", mark_).finish(errors);
    for (const std::string& problem :
         {set("TARGET", target, delay_.target_ns), set("INTERVAL", interval, delay_.interval_ns)}) {
      if (!problem.empty()) errors.add(problem);
    }
  }

  void initialize(Host& host, Errors& errors) override {
    drops_.open(*this, "drops", host, errors);
    marks_.open(*this, "marks", host, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    add_time(handlers, "codel_target", "TARGET", delay_.target_ns);
    add_time(handlers, "codel_interval", "INTERVAL", delay_.interval_ns);
    handlers.read("drops", [this] { return drops_.text(); });
    handlers.read("marks", [this] { return marks_.text(); });
  }

  void pull(int, Batch& batch, uint32_t limit) override {
    limit = std::min(limit, kBatchSize - batch.count);
    uint64_t now = realtime_ns();
    for (uint32_t before = batch.count; limit > 0 && batch.count == before;) {
      Batch pulled;
      input(0).pull(pulled, limit);
      if (pulled.empty()) return;
      bool emptied = pulled.count < limit;
      for (uint32_t i = 0; i < pulled.count; ++i) {
        bool last = emptied && i + 1 == pulled.count;
        if (keeps(*pulled.items[i], last, now)) batch.add(pulled.items[i]);
        else packet_pool().release(pulled.items[i]);
      }
    }
  }

 private:
  bool keeps(Packet& packet, bool last, uint64_t now) {
    uint64_t waited = now > packet.timestamp_ns ? now - packet.timestamp_ns : 0;
    if (!delay_.drops(now, waited, last)) return true;
    if (mark_ && mark_congestion(packet)) {
      marks_.add(packet);
      return true;
    }
    drops_.add(packet);
    return false;
  }

  static std::string set(const char* keyword, std::string_view text, uint64_t& ns) {
    double seconds = 0;
    if (!parse_duration(text, seconds) || seconds <= 0 || seconds > 3600) {
      return std::string(keyword) + " is a duration up to an hour, such as 5ms, not '" + std::string(text) + "'";
    }
    ns = uint64_t(seconds * 1e9);
    return "";
  }

  void add_time(HandlerTable& handlers, const char* name, const char* keyword, uint64_t& ns) {
    auto read = [&ns] {
      char text[32];
      std::snprintf(text, sizeof text, "%.9g", double(ns) * 1e-9);
      return std::string(text);
    };
    live_handler(handlers, *this, name, keyword, read,
                 [keyword, &ns](std::string_view text) { return set(keyword, text, ns); });
  }

  bool mark_ = false;
  ControlledDelay delay_;
  KeptCounter drops_, marks_;
};

}  // namespace clickup
