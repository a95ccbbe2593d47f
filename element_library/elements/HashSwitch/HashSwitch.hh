// HashSwitch(OFFSET, LENGTH): sends each packet to the output that a hash of some of its bytes chooses.
//
// Ports: 1 input, push; 1 or more outputs, push. Hashes LENGTH bytes from OFFSET on; packets that end before are sent
// to output 0. Another number of outputs moves as few packets as can be. Click's own hash is a sum of the bytes, so the
// same bytes may go to another output there. FlowHashSwitch knows flows.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/flow_hash/flow_hash.hh"

namespace clickup {

class HashSwitch : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("OFFSET", offset_).positional("LENGTH", length_).finish(errors);
    if (length_ == 0) errors.add("LENGTH is at least 1 byte");
    if (offset_ > kMaxPacket || length_ > kMaxPacket) {
      errors.add("OFFSET and LENGTH are at most " + std::to_string(kMaxPacket) + " bytes");
    }
  }

  void push(int, Batch& batch) override {
    split_batch(*this, batch, [this](const Packet& packet) {
      return packet.length < offset_ + length_ ? 0 : consistent_bucket(hash(packet.data() + offset_), output_count());
    });
  }

 private:
  uint64_t hash(const uint8_t* bytes) const {
    uint64_t hash = length_;
    for (uint32_t i = 0; i < length_; i += 8) {
      uint64_t word = 0;
      std::memcpy(&word, bytes + i, length_ - i < 8 ? length_ - i : 8);
      hash = flow_hash_detail::mix(hash + word);
    }
    return hash;
  }

  uint32_t offset_ = 0, length_ = 0;
};

}  // namespace clickup
