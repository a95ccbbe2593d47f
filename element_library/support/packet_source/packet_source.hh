// The common part of elements that generate packets.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "support/packet_source/emitter.hh"

namespace clickup {

// Emits copies of DATA, or other packets of a subclass, which decides how many are due.
class PacketSource : public Emitter {
 protected:
  uint64_t packet_bytes() const { return wire_.size(); }
  // The number of packets that are due, at most `limit`; LIMIT and ACTIVE are handled here.
  virtual uint64_t due(uint64_t limit) = 0;
  // Appends packets, `count` unless the pool is empty.
  virtual void make(Batch& batch, uint32_t count) {
    const std::string_view wire = wire_;
    uint64_t timestamp = timestamp_ ? realtime_ns() : 0;
    for (uint32_t i = 0; i < count; ++i) {
      Packet* packet = packet_pool().allocate();
      if (!packet) return;
      std::memcpy(packet->data(), wire.data(), wire.size());
      packet->length = uint32_t(wire.size());
      packet->timestamp_ns = timestamp;
      batch.add(packet);
    }
  }
  virtual void emitted(uint64_t /*count*/) {}
  virtual void restarted() {}  // active or reset was written

  void read_data(Arguments& arguments) { arguments.positional("DATA", data_, false); }
  void read_rest(Arguments& arguments, Errors& errors) {
    int64_t length = -1;
    arguments.keyword("LENGTH", length).keyword("DATASIZE", length).keyword("TIMESTAMP", timestamp_);
    read_end(arguments, errors);
    length_ = length < 0 ? 0 : uint32_t(std::min<int64_t>(length, kMaxPacket + 1));
    if (length_ > kMaxPacket || data_.size() > kMaxPacket) {
      errors.add("packets are at most " + std::to_string(kMaxPacket) + " bytes long: make DATA or LENGTH smaller");
      length_ = 0, data_.clear();
    }
    shape();
  }

  void add_data_handlers(HandlerTable& handlers) {
    handlers.read("data", [this] { return data_; });
    handlers.write("data", [this](std::string_view value) { return set_data(value); });
  }
  void add_source_handlers(HandlerTable& handlers) {
    handlers.read("count", [this] { return std::to_string(count_); });
    handlers.write("reset", [this](std::string_view) { return restart(); });
    handlers.read("limit", [this] { return std::to_string(limit_); });
    handlers.write("limit", [this](std::string_view value) { return set_limit(value); });
    handlers.read("active", [this] { return std::string(active_ ? "true" : "false"); });
    handlers.write("active", [this](std::string_view value) { return set_active(value); });
  }

  // Whether nothing will be emitted until a handler changes that.
  bool exhausted() const { return !active_ || (limit_ >= 0 && count_ >= uint64_t(limit_)); }

  int64_t limit_ = -1;  // negative: for ever
  bool active_ = true;

 private:
  void emit(Batch& batch, uint32_t limit) override {
    uint64_t room = std::min(limit, kBatchSize - batch.count);
    if (limit_ >= 0) room = std::min(room, uint64_t(limit_) - std::min(count_, uint64_t(limit_)));
    uint64_t number = exhausted() || room == 0 ? 0 : due(room);
    uint32_t before = batch.count;
    make(batch, uint32_t(number));
    uint32_t made = batch.count - before;
    count_ += made;
    emitted(made);
    bool reached = limit_ >= 0 && count_ >= uint64_t(limit_);
    if (reached && !ended_) end();
    ended_ = reached;
  }

  void shape() {
    wire_ = data_;
    if (length_ > 0) wire_.resize(length_, '\0');
  }
  std::string set_data(std::string_view value) {
    if (value.size() > kMaxPacket) return "packets are at most " + std::to_string(kMaxPacket) + " bytes long";
    data_ = value;
    set_keyword("DATA", value);
    shape();
    return "";
  }
  std::string set_limit(std::string_view value) {
    if (!parse_integer(value, limit_)) return "limit is a whole number, negative for none";
    set_keyword("LIMIT", value);
    return "";
  }
  std::string set_active(std::string_view value) {
    if (!parse_bool(value, active_)) return "active is true or false";
    set_keyword("ACTIVE", value);
    restarted();
    return "";
  }
  std::string restart() {
    count_ = 0;
    ended_ = false;
    restarted();
    return "";
  }

  std::string data_ = "click-up test packet: sixty-four bytes of plain, readable text..";
  std::string wire_;                       // emitted bytes: data_, cut or padded to LENGTH
  uint32_t length_ = 0;                    // 0: as long as DATA
  bool timestamp_ = true, ended_ = false;  // ended: LIMIT was reached, and what is to happen then was done
  uint64_t count_ = 0;
};

}  // namespace clickup
