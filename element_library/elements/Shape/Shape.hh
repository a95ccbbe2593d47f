// Shape(BUCKETS, [KEY, QUEUE]): holds packets back until their bucket has tokens for them.
#pragma once

#include <algorithm>
#include <optional>

#include "driver/element.hh"
#include "elements/Shape/shape_lanes.hh"
#include "elements/TokenBuckets/TokenBuckets.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class Shape : public Element {
 public:
  ~Shape() override { drop_all(); }

  void configure(Arguments& arguments, Errors& errors) override {
    Element* buckets = nullptr;
    std::string key = "all";
    arguments.positional_element("BUCKETS", "TokenBuckets", buckets).keyword("KEY", key).keyword("QUEUE", queue_);
    arguments.finish(errors);
    buckets_ = static_cast<TokenBuckets*>(buckets);
    if (std::string problem = parse_bucket_keying(key, keying_); !problem.empty()) errors.add(problem);
    if (queue_ < 1 || queue_ > kMostQueue) errors.add(queue_bounds());
  }

  void initialize(Host& host, Errors& errors) override {
    delayed_.open(*this, "delayed", host, errors);
    drops_.open(*this, "drops", host, errors);
    lanes_.emplace(buckets_->kernel());
    lanes_->reserve(buckets_->most_waiting());
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("length", [this] { return std::to_string(lanes_ ? lanes_->length() : 0); });
    handlers.read("keys", [this] { return std::to_string(lanes_ ? lanes_->keys() : 0); });
    handlers.read("highwater_length", [this] { return std::to_string(highwater_); });
    handlers.read("delayed", [this] { return delayed_.text(); });
    handlers.read("drops", [this] { return drops_.text(); });
    handlers.read("queue", [this] { return std::to_string(queue_); });
    handlers.write("queue", [this](std::string_view text) {
      uint64_t queue = 0;
      if (!parse_unsigned(text, queue) || queue < 1 || queue > kMostQueue) return queue_bounds();
      queue_ = uint32_t(queue);
      set_keyword("QUEUE", text);
      return std::string();
    });
  }

  void push(int, Batch& batch) override {
    BucketPackets packets;  // not a member: an output may lead back here
    buckets_->read(batch, keying_, packets);
    Batch passing, refused;
    uint64_t now = now_ns();
    for (uint32_t i = 0; i < batch.count; ++i) {
      Packet* packet = batch.items[i];
      uint32_t before = lanes_->waiting(packets[i]);
      if (before == 0 && buckets_->kernel().take(packets[i], packet->length, now)) {
        passing.add(packet);
      } else if (before >= queue_ || !hold(packets[i], packet, now)) {
        refused.add(packet);
      } else {
        delayed_.add(*packet);
      }
    }
    batch.count = 0;
    drops_.add(refused);
    output(0).push(passing);
    push_or_release(1, refused);
  }

  bool has_task() const override { return true; }
  bool run_task() override {
    if (seen_changes_ != buckets_->changes()) lanes_->hurry();
    seen_changes_ = buckets_->changes();
    Batch batch;
    Packet* packet = nullptr;
    while (!batch.full() && lanes_->next(now_ns(), packet)) batch.add(packet);
    buckets_->waiting() -= batch.count;
    bool moved = !batch.empty();
    output(0).push(batch);
    return moved;
  }
  uint64_t timer_at() const override { return lanes_ && lanes_->length() ? std::max<uint64_t>(lanes_->due(), 1) : 0; }
  bool drain() override { return run_task(); }

  // Waiting packets continue in the next worker.
  void pause() override {
    uint64_t owner = buckets_->shaped().owner(name());
    uint32_t number = 0;
    buckets_->waiting() -= lanes_->length();
    for (const auto& waiting : lanes_->take_all()) {
      if (!buckets_->shaped().put(owner, number++, *waiting.item, now_ns())) drops_.add(*waiting.item);
      packet_pool().release(waiting.item);
    }
  }
  void resume() override {
    buckets_->shaped().take(buckets_->shaped().owner(name()), now_ns(), [this](Packet* packet) {
      BucketPacket key;
      buckets_->read(*packet, keying_, key);
      if (hold(key, packet, now_ns())) return;
      drops_.add(*packet);
      packet_pool().release(packet);
    });
    lanes_->hurry();
  }

 private:
  static constexpr uint32_t kMostQueue = 16384;

  static std::string queue_bounds() { return "QUEUE is 1 to " + std::to_string(kMostQueue) + " packets"; }

  bool hold(const BucketPacket& key, Packet* packet, uint64_t now) {
    if (buckets_->waiting() >= buckets_->most_waiting()) return false;
    if (!lanes_->add(key, packet, packet->length, now)) return false;
    ++buckets_->waiting();
    highwater_ = std::max(highwater_, lanes_->length());
    return true;
  }
  void drop_all() {
    if (!lanes_) return;
    for (const auto& waiting : lanes_->take_all()) packet_pool().release(waiting.item);
  }

  TokenBuckets* buckets_ = nullptr;
  BucketKeying keying_;
  uint32_t queue_ = 100, highwater_ = 0, seen_changes_ = 0;
  std::optional<ShapeLanes<Packet*>> lanes_;
  KeptCounter delayed_, drops_;
};

}  // namespace clickup
