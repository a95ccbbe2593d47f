// InfiniteSource([DATA, LIMIT, BURST, ACTIVE, LENGTH, STOP, END_CALL, TIMESTAMP]): emits copies of DATA as fast as it
// can.
//
// Ports: 1 output, agnostic.
// Parameters: DATA, the packet (64 bytes of text); LIMIT, packets to emit, negative for no limit (-1); BURST, packets a
// round (64); ACTIVE (true); LENGTH, cuts or pads DATA with zeros; STOP, end the driver after LIMIT packets (false), or
// END_CALL, a write handler to call then; TIMESTAMP, set the packets' time (true). Handlers: count (r); reset (w)
// starts again; data, limit, burst, active (rw).
#pragma once

#include "support/packet_source/packet_source.hh"

namespace clickup {

class InfiniteSource : public PacketSource {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    read_data(arguments);
    arguments.positional("LIMIT", limit_, false).positional("BURST", burst_, false);
    arguments.positional("ACTIVE", active_, false);
    read_rest(arguments, errors);
    arguments.finish(errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    add_source_handlers(handlers);
    add_data_handlers(handlers);
    handlers.read("burst", [this] { return std::to_string(burst_); });
    handlers.write("burst", [this](std::string_view value) {
      uint64_t burst = 0;
      if (!parse_unsigned(value, burst) || burst > UINT32_MAX) return std::string("burst is a number of packets");
      burst_ = uint32_t(burst);
      set_keyword("BURST", value);
      return std::string();
    });
  }

 protected:
  uint64_t due(uint64_t limit) override { return std::min<uint64_t>(limit, burst_); }

 private:
  uint32_t burst_ = kBatchSize;
};

}  // namespace clickup
