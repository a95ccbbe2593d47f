// FlowTable([CAPACITY, ACTIVE, IDLE]): the flows that MeterFlows counts and ExportFlows reports. A state: no ports.
#pragma once

#include <algorithm>
#include <array>

#include "driver/element.hh"
#include "driver/state_element.hh"
#include "elements/FlowTable/flow_kernel.hh"
#include "elements/FlowTable/flow_text.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/live_handlers/live_duration.hh"
#include "support/table_text/table_text.hh"

namespace clickup {

using FlowPackets = std::array<FlowPacket, kBatchSize>;
using ExporterRecords = StateTable<ExportersLayout>;

// A sender of reports. It pushes packets when the table says so, never while that counts.
class FlowExporter : public FlowSink {
 public:
  virtual void push_full() = 0;             // what is ready and takes much room
  virtual void push_all(uint64_t now) = 0;  // everything, and templates when they are due
};

class FlowTable : public StateElement, private FlowSink {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("CAPACITY", capacity_);
    read_duration(arguments, errors, "ACTIVE", timeouts_.active, kLeastActive, kDay);
    read_duration(arguments, errors, "IDLE", timeouts_.idle, kLeastIdle, kDay);
    arguments.finish(errors);
    check_capacity("CAPACITY", capacity_, kMinCapacity, kMaxCapacity, "flows", errors);
  }

  void initialize(Host& host, Errors& errors) override {
    open_table(*this, capacity_, records_, host, errors);
    open_table(*this, kMinCapacity, exporters_, host, errors);
    reported_.open(*this, "reported", host, errors);
    early_.open(*this, "early", host, errors);
    kernel_.report_to(this);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("count", [this] { return std::to_string(records_.count()); });
    handlers.read("capacity", [this] { return std::to_string(capacity_); });
    handlers.read("reported", [this] { return reported_.text(); });
    handlers.read("early", [this] { return early_.text(); });
    live_duration(handlers, *this, "active", "ACTIVE", timeouts_.active, kLeastActive, kDay);
    live_duration(handlers, *this, "idle", "IDLE", timeouts_.idle, kLeastIdle, kDay);
    handlers.read("table", [this](std::string_view limit) {
      return table_text(records_, limit, [this](uint32_t index) { return flow_text(records_.at(index), now_ns()); });
    });
  }

  void resume() override {
    resume_table(*this, records_, "flows");
    exporters_.resume();
  }
  void pause() override {
    records_.pause();
    exporters_.pause();
  }

  uint64_t timer_at() const override { return next_sweep_; }
  void on_timer(uint64_t now) override {
    kernel_.sweep(now, kSweepBudget, kMostReports);
    records_.reserve();
    if (exporter_) exporter_->push_all(now);
    uint64_t pause = kSweepRound * kSweepBudget / std::max(records_.fresh(), 1u);
    next_sweep_ = now + std::clamp(pause, kShortestPause, kLongestPause);
  }

  FlowKernel& kernel() { return kernel_; }
  ExporterRecords& exporters() { return exporters_; }
  FlowExporter* exporter() { return exporter_; }
  void report_to(FlowExporter* exporter) { exporter_ = exporter; }

  // First pass over a batch: reads every packet and lets memory load what the second pass needs.
  void read(const Batch& batch, FlowPackets& packets) const {
    for (uint32_t i = 0; i < batch.count; ++i) {
      const Packet& packet = *batch.items[i];
      packets[i] = FlowPacket();
      if (packet.network_header == Packet::kNoHeader) continue;
      kernel_.read(packet.buffer + packet.network_header, packet.network_length(), packet.paint, packets[i]);
    }
    for (uint32_t i = 0; i < batch.count; ++i) kernel_.prefetch(packets[i]);
  }

 private:
  static constexpr double kLeastActive = 1, kLeastIdle = 0.1, kDay = 86400;  // seconds
  // All flows are looked at within a second, some microseconds at a time.
  static constexpr uint32_t kSweepBudget = 2048;
  static constexpr uint32_t kMostReports = 512;
  static constexpr uint64_t kSweepRound = 1'000'000'000, kShortestPause = 500'000, kLongestPause = 50'000'000;  // ns

  void report(const FlowRecord& flow, FlowEnd why, uint64_t now) override {
    reported_.add(1, flow.bytes);
    if (why == FlowEnd::lack_of_resources) early_.add(1, flow.bytes);
    if (exporter_) exporter_->report(flow, why, now);
  }

  uint32_t capacity_ = 65536;
  FlowRecordTimeouts timeouts_;
  FlowRecordTable records_;
  ExporterRecords exporters_;
  FlowKernel kernel_{records_, timeouts_};
  FlowExporter* exporter_ = nullptr;
  KeptCounter reported_, early_;
  uint64_t next_sweep_ = 1;
};

}  // namespace clickup
