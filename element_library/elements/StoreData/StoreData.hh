// StoreData(OFFSET, DATA): writes DATA into packets at OFFSET bytes from the first one.
//
// Ports: 1 input, 1 output, agnostic. A packet that is shorter gets as much of DATA as it has room for.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "driver/element.hh"

namespace clickup {

class StoreData : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("OFFSET", offset_).positional("DATA", data_).finish(errors);
    if (offset_ < kMaxPacket) return;
    errors.add("OFFSET is 0 to " + std::to_string(kMaxPacket - 1) + ", not " + std::to_string(offset_));
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) {
      if (packet->length <= offset_) continue;
      std::memcpy(packet->data() + offset_, data_.data(), std::min<size_t>(data_.size(), packet->length - offset_));
    }
  }

 private:
  uint32_t offset_ = 0;
  std::string data_;
};

}  // namespace clickup
