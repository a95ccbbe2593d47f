// TokenBuckets(RATE, [BURST, CAPACITY, WAITING]): the buckets from which Police and Shape take tokens. A state: no
// ports.
#pragma once

#include <algorithm>
#include <array>

#include "driver/element.hh"
#include "driver/state_element.hh"
#include "elements/TokenBuckets/bucket_kernel.hh"
#include "elements/TokenBuckets/limit_records.hh"
#include "elements/TokenBuckets/limit_text.hh"
#include "support/packet_store/packet_store.hh"
#include "support/table_text/table_text.hh"

namespace clickup {

using BucketPackets = std::array<BucketPacket, kBatchSize>;

class TokenBuckets : public StateElement {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.required_keyword("RATE", rate_).keyword("BURST", burst_).keyword("CAPACITY", capacity_);
    arguments.keyword("WAITING", most_waiting_).finish(errors);
    if (!errors.empty()) return;
    check_capacity("CAPACITY", capacity_, kMinCapacity, kMaxCapacity, "buckets", errors);
    check_capacity("WAITING", most_waiting_, kMinCapacity, kMostWaiting, "packets", errors);
    if (std::string problem = set_limit(rate_, burst_); !problem.empty()) errors.add(problem);
  }

  void initialize(Host& host, Errors& errors) override {
    open_table(*this, capacity_, records_, host, errors);
    open_table(*this, LimitRecords::kCapacity, limits_.records(), host, errors);
    open_table(*this, shaped_.kMostPieces * most_waiting_, shaped_.records(), host, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("rate", [this] { return rate_; });
    handlers.write("rate", [this](std::string_view text) { return change("RATE", text, std::string(text), burst_); });
    handlers.read("burst", [this] { return burst_; });
    handlers.write("burst", [this](std::string_view text) { return change("BURST", text, rate_, std::string(text)); });
    read_counts(handlers, records_, capacity_);
    handlers.read("waiting", [this] { return std::to_string(waiting_); });
    handlers.read("table", [this](std::string_view limit) {
      return table_text(records_, limit, [this](uint32_t index) {
        return bucket_key_text(records_.at(index)) + " " +
               std::to_string(kernel_.tokens_of(index, now_ns()) / kBillion);
      });
    });
    handlers.write("flush", [this](std::string_view) {
      records_.erase_all();
      return std::string();
    });
  }

  void resume() override {
    resume_table(*this, records_, "buckets");
    shaped_.records().resume();
    limits_.resume(limit_, now_ns());
    ++changes_;
  }
  void pause() override {
    records_.pause();
    shaped_.records().pause();
    limits_.pause();
  }

  uint64_t timer_at() const override { return next_sweep_; }
  void on_timer(uint64_t now) override {
    kernel_.sweep(now, kSweepBudget);
    records_.reserve();
    next_sweep_ = now + std::min(kLongestPause, kSweepRound * kSweepBudget / std::max(records_.fresh(), 1u));
  }

  BucketKernel& kernel() { return kernel_; }
  PacketStore<ShapedLayout>& shaped() { return shaped_; }
  uint32_t changes() const { return changes_; }  // of the limit, counted
  uint32_t& waiting() { return waiting_; }       // packets that all Shapes hold back
  uint32_t most_waiting() const { return most_waiting_; }

  // First pass over a batch: reads every packet and lets memory load what the second pass needs.
  void read(const Batch& batch, const BucketKeying& keying, BucketPackets& packets) const {
    for (uint32_t i = 0; i < batch.count; ++i) read(*batch.items[i], keying, packets[i]);
    for (uint32_t i = 0; i < batch.count; ++i) kernel_.prefetch(packets[i]);
  }
  void read(const Packet& packet, const BucketKeying& keying, BucketPacket& read) const {
    read = BucketPacket();
    bool known = packet.network_header != Packet::kNoHeader;
    const uint8_t* data = known ? packet.buffer + packet.network_header : packet.buffer;
    kernel_.read(keying, data, known ? packet.network_length() : 0, packet.paint, read);
  }

 private:
  static constexpr uint32_t kMostWaiting = 16384;
  // A few microseconds at a time, and less often when that is enough to go round all records in time.
  static constexpr uint32_t kSweepBudget = 512;
  static constexpr uint64_t kSweepRound = 30 * kBillion;
  static constexpr uint64_t kLongestPause = kBillion / 20;

  std::string set_limit(const std::string& rate, const std::string& burst) {
    BucketLimit limit;
    if (std::string problem = parse_rate(rate, limit); !problem.empty()) return problem;
    if (std::string problem = parse_burst(burst, limit); !problem.empty()) return problem;
    limit_ = limit;
    rate_ = rate;
    burst_ = burst;
    return "";
  }
  std::string change(const char* keyword, std::string_view text, const std::string& rate, const std::string& burst) {
    if (std::string problem = set_limit(rate, burst); !problem.empty()) return problem;
    set_keyword(keyword, text);
    limits_.set(limit_, now_ns());
    ++changes_;
    return "";
  }

  std::string rate_, burst_ = "100ms";
  uint32_t capacity_ = 65536, most_waiting_ = 1000;
  BucketLimit limit_;  // as configured
  BucketRecords records_;
  LimitRecords limits_;
  PacketStore<ShapedLayout> shaped_;
  BucketKernel kernel_{records_, limits_.history()};
  uint32_t changes_ = 0, waiting_ = 0;
  uint64_t next_sweep_ = 1;
};

}  // namespace clickup
