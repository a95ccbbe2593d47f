// The history of a limit in a state table: what came before a change counts at the rate of that time, also when the
// worker that made the change is another one.
#pragma once

#include <algorithm>
#include <vector>

#include "elements/TokenBuckets/bucket_limit.hh"
#include "layouts/TokenBuckets.layout.hh"
#include "state_table/state_table.hh"

namespace clickup {

class LimitRecords {
 public:
  static constexpr uint32_t kCapacity = 2 * LimitHistory::kMost;

  StateTable<LimitsLayout>& records() { return records_; }
  const LimitHistory& history() const { return history_; }

  // Reads the history; `limit` holds from `now` on.
  void resume(const BucketLimit& limit, uint64_t now) {
    records_.resume();
    history_ = LimitHistory();
    for (uint32_t index : in_order()) {
      const LimitsLayout& stored = records_.at(index);
      history_.add({stored.since, std::max<uint64_t>(stored.rate, 1), stored.burst, TokenUnit(stored.unit)});
      newest_ = stored.number;
    }
    set(limit, now);
  }
  void pause() { records_.pause(); }

  void set(BucketLimit limit, uint64_t now) {
    if (!history_.empty() && history_.current().same(limit)) return;
    // Buckets counted up to this very moment were counted in tokens of the previous limit.
    limit.since = history_.empty() ? 0 : now + 1;
    history_.add(limit);
    store(limit);
  }

 private:
  static constexpr uint64_t kForEver = uint64_t(1) << 62;  // ns

  std::vector<uint32_t> in_order() const {
    std::vector<uint32_t> order;
    for (uint32_t index = 0; index < records_.fresh(); ++index) {
      if (records_.used(index)) order.push_back(index);
    }
    std::sort(order.begin(), order.end(),
              [this](uint32_t a, uint32_t b) { return records_.at(a).number < records_.at(b).number; });
    return order;
  }

  void store(const BucketLimit& limit) {
    LimitsLayout record;
    record.number = ++newest_;
    record.since = limit.since;
    record.rate = limit.rate;
    record.burst = limit.burst;
    record.unit = uint8_t(limit.unit);
    records_.insert(record, records_.hash(record), kForEver, 0, [](const LimitsLayout&) { return false; });
    std::vector<uint32_t> order = in_order();
    for (size_t i = 0; i + LimitHistory::kMost < order.size(); ++i) records_.erase(order[i]);
  }

  StateTable<LimitsLayout> records_;
  LimitHistory history_;
  uint32_t newest_ = 0;
};

}  // namespace clickup
