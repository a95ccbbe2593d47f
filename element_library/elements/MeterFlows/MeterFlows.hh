// MeterFlows(FLOWS): counts packets and bytes of each flow and lets them through.
#pragma once

#include "driver/element.hh"
#include "elements/FlowTable/FlowTable.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class MeterFlows : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* flows = nullptr;
    arguments.positional_element("FLOWS", "FlowTable", flows).finish(errors);
    flows_ = static_cast<FlowTable*>(flows);
  }

  void initialize(Host& host, Errors& errors) override {
    metered_.open(*this, "metered", host, errors);
    unmetered_.open(*this, "unmetered", host, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("metered", [this] { return metered_.text(); });
    handlers.read("unmetered", [this] { return unmetered_.text(); });
  }

  void process(Batch& batch) override {
    FlowKernel& kernel = flows_->kernel();
    FlowPackets packets;  // not a member: reports may be metered too
    flows_->read(batch, packets);
    uint64_t now = now_ns();
    for (uint32_t i = 0; i < batch.count; ++i) {
      (kernel.count(packets[i], now) ? metered_ : unmetered_).add(*batch.items[i]);
    }
    if (flows_->exporter()) flows_->exporter()->push_full();
  }

 private:
  FlowTable* flows_ = nullptr;
  KeptCounter metered_, unmetered_;
};

}  // namespace clickup
