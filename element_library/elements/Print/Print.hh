// Print([LABEL, MAXLENGTH, CONTENTS, TIMESTAMP, PRINTANNO, HEADROOM, ACTIVE]): writes each packet to the log and lets
// it through.
//
// Ports: 1 input, 1 output, agnostic. A line is LABEL, length, and the first MAXLENGTH bytes (24; negative for all) as
// CONTENTS says: HEX (default), ASCII or NONE. TIMESTAMP adds the time of reception in seconds since 1970 (false),
// PRINTANNO the annotations, HEADROOM the free bytes before and behind the packet. Handlers: active (rw); false stops
// the log, not the packets. The driver limits lines to ten a second an element.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "driver/element.hh"
#include "support/hex_dump/hex_dump.hh"

namespace clickup {

class Print : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string contents = "HEX";
    arguments.positional("LABEL", label_, false).positional("MAXLENGTH", max_length_, false);
    arguments.keyword("LENGTH", max_length_).keyword("NBYTES", max_length_);  // as they were called before
    arguments.keyword("PRINTANNO", annotations_).keyword("HEADROOM", headroom_);
    arguments.keyword("CONTENTS", contents).keyword("TIMESTAMP", timestamp_).keyword("ACTIVE", active_).finish(errors);
    if (!parse_contents(contents, contents_)) errors.add("CONTENTS is NONE, HEX or ASCII, not '" + contents + "'");
    line_.reserve(4096);
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
      if (active_) print(*packet);
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
    char length[16];
    std::snprintf(length, sizeof length, "%4u", packet.length);
    line_ += length;
    if (headroom_) {
      uint32_t end = packet.begin + packet.length;
      line_ += " (h" + std::to_string(packet.begin) + " t" + std::to_string(sizeof packet.buffer - end) + ")";
    }
    if (annotations_) print_annotations(packet);
    size_t shown = max_length_ < 0 ? packet.length : std::min<size_t>(packet.length, size_t(max_length_));
    if (contents_ != Contents::none) line_ += " |";
    append_contents(line_, packet.bytes().first(shown), contents_);
    chatter(*this, line_);
  }

  // All of Click's bytes; packets here have the first of them, and the VLAN tag is in network byte order there.
  void print_annotations(const Packet& packet) {
    static constexpr uint32_t kClickBytes = 48;
    uint8_t bytes[kClickBytes] = {};
    std::memcpy(bytes, packet.annotation(0), Packet::kAnnotations);
    bytes[20] = uint8_t(packet.vlan_tci >> 8), bytes[21] = uint8_t(packet.vlan_tci);
    line_ += " | ";
    for (uint8_t byte : bytes) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", byte);
      line_ += digits;
    }
  }

  std::string label_;
  int64_t max_length_ = 24;
  Contents contents_ = Contents::hex;
  bool timestamp_ = false, active_ = true, annotations_ = false, headroom_ = false;
  std::string line_;  // kept, so that a line costs no allocation
};

}  // namespace clickup
