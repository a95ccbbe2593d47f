// Token buckets: decides from keys and lengths whether packets conform. It knows nothing of elements or routers.
//
// For a batch: read() every packet, prefetch() every packet, then take() for one after the other.
#pragma once

#include "elements/TokenBuckets/bucket_key.hh"
#include "state_table/state_table.hh"

namespace clickup {

using BucketRecords = StateTable<Bucket>;

struct BucketPacket {
  Bucket key;  // key fields only
  uint64_t hash = 0;
};

class BucketKernel {
 public:
  BucketKernel(BucketRecords& records, const LimitHistory& limits) : records_(records), limits_(limits) {}

  // `data` begins with an IP header, or is empty; `packet` is fresh. Starts to load the bucket.
  void read(const BucketKeying& keying, const uint8_t* data, uint32_t length, uint8_t mark,
            BucketPacket& packet) const {
    keying.key(data, length, mark, packet.key);
    packet.hash = records_.hash(packet.key);
    records_.prefetch_bucket(packet.hash);
  }
  void prefetch(const BucketPacket& packet) const { records_.prefetch_record(packet.hash); }

  // Takes the tokens for a packet of `bytes` from the bucket; false when it has too few.
  bool take(const BucketPacket& packet, uint32_t bytes, uint64_t now) {
    uint64_t price = limits_.current().price(bytes);
    uint32_t index = find(packet);
    uint64_t tokens = index == BucketRecords::kNone ? limits_.current().full() : tokens_of(index, now);
    if (tokens < price) return false;
    Bucket bucket = packet.key;
    bucket.tokens = tokens - price;
    bucket.counted = now;
    if (index == BucketRecords::kNone) return add(bucket, packet.hash, now);
    records_.write(index, bucket, full_at(bucket));
    return true;
  }

  // When a packet of `bytes` will conform, as things are; `now` when it does already.
  uint64_t ready_at(const BucketPacket& packet, uint32_t bytes, uint64_t now) const {
    uint32_t index = find(packet);
    uint64_t price = limits_.current().price(bytes);
    uint64_t tokens = index == BucketRecords::kNone ? limits_.current().full() : tokens_of(index, now);
    return tokens >= price ? now : now + limits_.current().time_for(price - tokens);
  }

  // Removes full buckets among the next `budget` ones, going round the table.
  void sweep(uint64_t now, uint32_t budget) {
    for (uint32_t left = std::min(budget, records_.fresh()); left > 0; --left) {
      if (hand_ >= records_.fresh()) hand_ = 0;
      look_at(hand_++, now);
    }
  }
  uint64_t tokens_of(uint32_t index, uint64_t now) const {
    const Bucket& bucket = records_.at(index);
    return limits_.tokens(bucket.tokens, bucket.counted, now);
  }

 private:
  // Independent of the deadline, which was set under the limit of that time.
  uint32_t find(const BucketPacket& packet) const { return records_.find(packet.key, packet.hash, 0); }

  uint64_t full_at(const Bucket& bucket) const {
    const BucketLimit& limit = limits_.current();
    return bucket.counted + limit.time_for(limit.full() - std::min(bucket.tokens, limit.full())) + 1;
  }

  bool add(const Bucket& bucket, uint64_t hash, uint64_t now) {
    auto half_empty = [this, now](const Bucket& other) {
      return limits_.tokens(other.tokens, other.counted, now) < limits_.current().full() / 2;
    };
    // No deadline is asked about, so that the fullest one makes room.
    return records_.insert(bucket, hash, full_at(bucket), 0, half_empty) != BucketRecords::kNone;
  }

  void look_at(uint32_t index, uint64_t now) {
    if (records_.deadline(index) > now || !records_.used(index)) return;
    if (tokens_of(index, now) >= limits_.current().full()) return records_.erase(index);
    Bucket bucket = records_.at(index);  // a limit changed since
    bucket.tokens = tokens_of(index, now);
    bucket.counted = now;
    records_.write(index, bucket, full_at(bucket));
  }

  BucketRecords& records_;
  const LimitHistory& limits_;
  uint32_t hand_ = 0;  // where the sweep continues
};

}  // namespace clickup
