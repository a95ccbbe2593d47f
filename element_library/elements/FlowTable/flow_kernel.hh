// FlowRecord metering: packets in, reports of flows out, each at its time. It knows nothing of elements or routers.
//
// For a batch: read() every packet, prefetch() every packet, then count() one after the other.
#pragma once

#include <algorithm>

#include "elements/FlowTable/flow_packet.hh"
#include "state_table/moment.hh"

namespace clickup {

struct FlowRecordTimeouts {
  uint64_t active = 120'000'000'000, idle = 15'000'000'000;  // ns
};

// Why a flow is reported: values of flowEndReason (RFC 5102 5.11.3).
enum class FlowEnd : uint8_t { idle = 1, active = 2, ended = 3, lack_of_resources = 5 };

// Who is told of flows. A report must not come back to the kernel.
class FlowSink {
 public:
  virtual ~FlowSink() = default;
  virtual void report(const FlowRecord& flow, FlowEnd why, uint64_t now) = 0;
};

class FlowKernel {
 public:
  FlowKernel(FlowRecordTable& records, const FlowRecordTimeouts& timeouts) : records_(records), timeouts_(timeouts) {}

  void report_to(FlowSink* sink) { sink_ = sink; }

  // `data` begins with an IP header; `packet` is fresh. Starts to load the bucket.
  void read(const uint8_t* data, uint32_t length, uint8_t mark, FlowPacket& packet) const {
    read_flow_packet(data, length, mark, packet);
    if (!packet.metered) return;
    packet.hash = records_.hash(packet.key);
    records_.prefetch_bucket(packet.hash);
  }
  void prefetch(const FlowPacket& packet) const {
    if (packet.metered) records_.prefetch_record(packet.hash);
  }

  // False when the packet cannot be metered.
  bool count(const FlowPacket& packet, uint64_t now) {
    if (!packet.metered) return false;
    uint32_t index = records_.find(packet.key, packet.hash, 0);
    if (index != FlowRecordTable::kNone && reached(due(index), now)) index = settle(index, now);
    if (index == FlowRecordTable::kNone) {
      add(packet, now);
      return true;
    }
    FlowRecord flow = records_.at(index);
    if (flow.packets == 0) begin(flow, packet, now);
    take(flow, packet, now);
    records_.write(index, flow, deadline(flow, now));
    return true;
  }

  // Reports the flows that are due among the next `budget`, going round the table, at most `most` of them.
  void sweep(uint64_t now, uint32_t budget, uint32_t most) {
    for (uint32_t left = std::min(budget, records_.fresh()); left > 0 && most > 0; --left) {
      if (hand_ >= records_.fresh()) hand_ = 0;
      uint32_t index = hand_++;
      if (!reached(due(index), now) || !records_.used(index)) continue;
      settle(index, now);
      --most;
    }
  }

 private:
  static constexpr uint32_t kWindow = 64;             // flows looked at for one to make room
  static constexpr uint64_t kLinger = 2'000'000'000;  // ns; for the acknowledgments behind a FIN
  // Records live beyond the moment at which they are due, so that nobody takes one for expired that was not reported
  // yet.
  static constexpr uint64_t kGrace = 3'600'000'000'000;  // ns
  static constexpr uint8_t kFin = 1, kReset = 4;

  static bool ended(const FlowRecord& flow) {
    return flow.protocol == protocol::tcp && (flow.tcp_flags & (kFin | kReset));
  }
  uint64_t idle_at(const FlowRecord& flow) const {
    return flow.last + (ended(flow) ? std::min(kLinger, timeouts_.idle) : timeouts_.idle);
  }
  uint64_t active_at(const FlowRecord& flow) const { return flow.active_since + timeouts_.active; }
  // A flow without packets since its last report can only become idle.
  uint64_t deadline(const FlowRecord& flow, uint64_t now) const {
    uint64_t idle = idle_at(flow);
    return later(flow.packets == 0 ? idle : earlier(idle, active_at(flow)), now) + kGrace;
  }
  uint64_t due(uint32_t index) const { return records_.deadline(index) - kGrace; }

  // Reports a flow that is due, and removes it unless it goes on. Returns its place.
  uint32_t settle(uint32_t index, uint64_t now) {
    FlowRecord flow = records_.at(index);
    bool over = reached(idle_at(flow), now);
    if (!over && !reached(active_at(flow), now)) {  // a timeout was made longer meanwhile
      records_.write(index, flow, deadline(flow, now));
      return index;
    }
    report(flow, !over ? FlowEnd::active : ended(flow) ? FlowEnd::ended : FlowEnd::idle, now);
    if (over) {
      records_.erase(index);
      return FlowRecordTable::kNone;
    }
    flow.packets = flow.bytes = 0;
    flow.tcp_flags = 0;
    flow.active_since = now;
    records_.write(index, flow, deadline(flow, now));
    return index;
  }
  void report(const FlowRecord& flow, FlowEnd why, uint64_t now) {
    if (sink_ && flow.packets > 0) sink_->report(flow, why, now);
  }

  void add(const FlowPacket& packet, uint64_t now) {
    if (records_.count() == records_.header().capacity) make_room(now);
    FlowRecord flow = packet.key;
    begin(flow, packet, now);
    take(flow, packet, now);
    records_.insert(flow, packet.hash, deadline(flow, now), 0, [](const FlowRecord&) { return false; });
  }
  static void begin(FlowRecord& flow, const FlowPacket& packet, uint64_t now) {
    flow.traffic_class = packet.traffic_class;
    flow.first = flow.active_since = now;
  }
  static void take(FlowRecord& flow, const FlowPacket& packet, uint64_t now) {
    ++flow.packets;
    flow.bytes += packet.bytes;
    flow.tcp_flags |= packet.tcp_flags;
    flow.last = now;
  }

  void make_room(uint64_t now) {
    uint32_t nearest = FlowRecordTable::kNone;
    for (uint32_t left = kWindow; left > 0; --left) {
      if (probe_ >= records_.fresh()) probe_ = 0;
      uint32_t index = probe_++;
      if (records_.used(index) &&
          (nearest == FlowRecordTable::kNone || records_.deadline(index) < records_.deadline(nearest)))
        nearest = index;
    }
    if (nearest == FlowRecordTable::kNone) return;
    if (reached(due(nearest), now) && settle(nearest, now) == FlowRecordTable::kNone) return;
    report(records_.at(nearest), FlowEnd::lack_of_resources, now);
    records_.erase(nearest);
  }

  FlowRecordTable& records_;
  const FlowRecordTimeouts& timeouts_;
  FlowSink* sink_ = nullptr;
  uint32_t hand_ = 0;   // where the sweep continues
  uint32_t probe_ = 0;  // where the search for room continues
};

}  // namespace clickup
