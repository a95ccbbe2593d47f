// IPPrint([LABEL, CONTENTS, PAYLOAD, MAXLENGTH, ID, TTL, TOS, LENGTH, PAINT, TIMESTAMP, ACTIVE]): writes each IP packet
// to the log in words and lets it through.
//
// Ports: 1 input, 1 output, agnostic. Needs the network header position (CheckIPHeader, CheckIP6Header); packets
// without it are not written.
// Parameters: CONTENTS, bytes of the packet (NONE, HEX or ASCII; NONE), or PAYLOAD, bytes behind the transport header;
// MAXLENGTH, most bytes (1500; negative for all); ID, TTL, TOS, LENGTH, PAINT add those (false); TIMESTAMP adds the
// time of reception in seconds since 1970 (true). Handlers: active (rw); false stops the log, not the packets. The
// driver limits lines to ten a second an element.
#pragma once

#include <algorithm>

#include "driver/element.hh"
#include "support/hex_dump/hex_dump.hh"
#include "support/ip_line/ip_line.hh"

namespace clickup {

class IPPrint : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string contents = "NONE", payload = "NONE";
    arguments.positional("LABEL", label_, false).keyword("CONTENTS", contents).keyword("PAYLOAD", payload);
    arguments.keyword("NBYTES", max_length_)
        .keyword("MAXLENGTH", max_length_)
        .keyword("ID", options_.id)
        .keyword("TTL", options_.ttl);
    arguments.keyword("TOS", options_.tos).keyword("LENGTH", options_.length).keyword("PAINT", paint_);
    arguments.keyword("TIMESTAMP", timestamp_).keyword("ACTIVE", active_).finish(errors);
    Contents bytes = Contents::none;
    if (!parse_contents(contents, contents_)) errors.add("CONTENTS is NONE, HEX or ASCII, not '" + contents + "'");
    if (!parse_contents(payload, bytes)) errors.add("PAYLOAD is NONE, HEX or ASCII, not '" + payload + "'");
    payload_ = bytes != Contents::none;
    if (payload_ && contents_ != Contents::none) errors.add("give CONTENTS or PAYLOAD, not both");
    if (payload_) contents_ = bytes;
    line_.reserve(8192);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("active", [this] { return std::string(active_ ? "true" : "false"); });
    handlers.write("active", [this](std::string_view value) {
      if (!parse_bool(value, active_)) return std::string("active is true or false");
      set_keyword("ACTIVE", value);
      return std::string();
    });
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) {
      if (active_ && packet->network_header != Packet::kNoHeader) print(*packet);
    }
  }

 private:
  void print(const Packet& packet) {
    line_.clear();
    if (!label_.empty()) line_.append(label_).append(": ");
    if (timestamp_) {
      append_timestamp(line_, packet.timestamp_ns);
      line_ += ": ";
    }
    if (paint_) line_.append("paint ").append(std::to_string(packet.paint)).append(": ");
    append_ip_line(line_, packet, options_);
    if (contents_ != Contents::none) print_contents(packet);
    chatter(*this, line_);
  }

  void print_contents(const Packet& packet) {
    uint32_t start = payload_ ? ip_payload_offset(packet) : packet.begin;
    uint32_t there = packet.begin + packet.length - start;
    size_t shown = max_length_ < 0 ? there : std::min<size_t>(there, size_t(max_length_));
    line_ += " |";
    append_contents(line_, {packet.buffer + start, shown}, contents_);
  }

  std::string label_;
  IpLineOptions options_;
  Contents contents_ = Contents::none;
  int64_t max_length_ = 1500;
  bool payload_ = false, paint_ = false, timestamp_ = true, active_ = true;
  std::string line_;  // kept, so that most lines cost no allocation
};

}  // namespace clickup
