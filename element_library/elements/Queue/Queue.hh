// Queue([CAPACITY]): stores pushed packets until they are pulled, first in, first out.
//
// Ports: 1 input, push; output 0 pull; optional output 1, push, for packets that find the queue full (else dropped).
// Parameters: CAPACITY in packets (1000).
// Handlers: length, highwater_length, drops (r); capacity (rw); reset_counts (w) sets drops and highwater_length to
// zero; reset (w) drops what is stored. Drops go on in the next worker, with what a pause left in the queue.
#pragma once

#include <algorithm>
#include <vector>

#include "driver/element.hh"

namespace clickup {

class Queue : public Element {
 public:
  static constexpr uint32_t kMaxCapacity = PacketPool::kMaxPackets;

  ~Queue() override { drop_beyond(0); }

  void configure(Arguments& arguments, Errors& errors) override {
    uint32_t capacity = 1000;
    arguments.positional("CAPACITY", capacity, false).finish(errors);
    if (capacity == 0 || capacity > kMaxCapacity) {
      errors.add("CAPACITY is 1 to " + std::to_string(kMaxCapacity) + " packets, not " + std::to_string(capacity));
      return;
    }
    ring_.resize(capacity);
  }

  void initialize(Host& host, Errors& errors) override { find_counter("drops", drops_, host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("length", [this] { return std::to_string(length_); });
    handlers.read("highwater_length", [this] { return std::to_string(highwater_); });
    handlers.read("capacity", [this] { return std::to_string(ring_.size()); });
    handlers.write("capacity", [this](std::string_view value) { return set_capacity(value); });
    handlers.read("drops", [this] { return std::to_string(drops_->packets); });
    handlers.write("reset_counts", [this](std::string_view) {
      *drops_ = {};
      highwater_ = 0;
      return std::string();
    });
    handlers.write("reset", [this](std::string_view) {
      drop_beyond(0);
      return std::string();
    });
  }

  void push(int, Batch& batch) override {
    uint32_t stored = std::min(batch.count, uint32_t(ring_.size()) - length_);
    for (uint32_t i = 0; i < stored; ++i) ring_[index(length_++)] = batch.items[i];
    highwater_ = std::max(highwater_, length_);
    Batch rest;
    for (uint32_t i = stored; i < batch.count; ++i) rest.add(batch.items[i]);
    batch.count = 0;
    drops_->packets += rest.count;
    for (Packet* packet : rest) drops_->bytes += packet->length;
    push_or_release(1, rest);
  }

  void pull(int, Batch& batch, uint32_t limit) override {
    uint32_t taken = std::min({limit, length_, kBatchSize - batch.count});
    for (uint32_t i = 0; i < taken; ++i) batch.add(ring_[index(i)]);
    first_ = index(taken);
    length_ -= taken;
  }

  // Packets left by the drain before a pause are lost, unless the next worker fails and this one resumes at once; later
  // they would only delay new ones.
  void pause() override {
    paused_ns_ = now_ns();
    left_behind_ = {length_, 0};
    for (uint32_t i = 0; i < length_; ++i) left_behind_.bytes += ring_[index(i)]->length;
    drops_->packets += left_behind_.packets;
    drops_->bytes += left_behind_.bytes;
  }
  void resume() override {
    if (now_ns() - paused_ns_ >= kWorthKeeping) return drop_beyond(0);
    drops_->packets -= std::min(drops_->packets, left_behind_.packets);
    drops_->bytes -= std::min(drops_->bytes, left_behind_.bytes);
  }

 private:
  static constexpr uint64_t kWorthKeeping = 1'000'000'000;  // ns

  uint32_t index(uint32_t position) const {
    uint32_t at = first_ + position, size = uint32_t(ring_.size());
    return at < size ? at : at - size;
  }

  // Drops the newest packets until `length` are left.
  void drop_beyond(uint32_t length) {
    while (length_ > length) packet_pool().release(ring_[index(--length_)]);
  }

  std::string set_capacity(std::string_view value) {
    uint64_t capacity = 0;
    if (!parse_unsigned(value, capacity) || capacity == 0 || capacity > kMaxCapacity) {
      return "capacity is 1 to " + std::to_string(kMaxCapacity) + " packets";
    }
    uint32_t before = length_;
    drop_beyond(uint32_t(capacity));
    drops_->packets += before - length_;
    std::vector<Packet*> ring(capacity);
    for (uint32_t i = 0; i < length_; ++i) ring[i] = ring_[index(i)];
    ring_.swap(ring);
    first_ = 0;
    set_keyword("CAPACITY", value);
    return "";
  }

  std::vector<Packet*> ring_{1};
  uint32_t first_ = 0, length_ = 0, highwater_ = 0;
  CounterSlot left_behind_{};  // counted as dropped when it paused
  uint64_t paused_ns_ = 0;
  CounterSlot local_{};  // until initialised
  CounterSlot* drops_ = &local_;
};

}  // namespace clickup
