// Frames in at one port, out at the one behind which their station is, or at all others: LearnBridge and EtherSwitch.
#pragma once

#include <array>
#include <vector>

#include "driver/element.hh"
#include "elements/StationTable/station_state.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class Bridging : public Element {
 public:
  void push(int port, Batch& batch) override {
    std::array<BridgeFrame, kBatchSize> frames;
    for (uint32_t i = 0; i < batch.count; ++i) {
      kernel_->read(batch.items[i]->data(), batch.items[i]->length, vlans_, frames[i]);
    }
    for (uint32_t i = 0; i < batch.count; ++i) kernel_->prefetch(frames[i]);
    Outputs outputs;  // not a member: an output may lead back here
    uint64_t now = now_ns();
    for (uint32_t i = 0; i < batch.count; ++i) send(port, frames[i], batch.items[i], now, outputs);
    batch.count = 0;
    for (int i = 0; i < output_count(); ++i) output(i).push(outputs[size_t(i)]);
  }

 protected:
  static constexpr int kMostPorts = 32;

  // A kernel of nullptr: every frame goes to all other ports.
  void bridge(BridgeKernel* kernel, std::vector<PortName> names, bool vlans, bool spare_reserved) {
    kernel_ = kernel;
    names_ = std::move(names);
    vlans_ = vlans;
    spare_reserved_ = spare_reserved;
  }
  void learning(bool on) { learning_ = on; }
  void check_ports(Errors& errors) const {
    if (output_count() > kMostPorts) errors.add("a bridge has at most " + std::to_string(kMostPorts) + " ports");
  }
  void open_counters(Host& host, Errors& errors) {
    forwarded_.open(*this, "forwarded", host, errors);
    flooded_.open(*this, "flooded", host, errors);
    filtered_.open(*this, "filtered", host, errors);
    moves_.open(*this, "moves", host, errors);
  }
  void add_counters(HandlerTable& handlers) {
    handlers.read("forwarded", [this] { return forwarded_.text(); });
    handlers.read("flooded", [this] { return flooded_.text(); });
    handlers.read("filtered", [this] { return filtered_.text(); });
    handlers.read("moves", [this] { return moves_.text(); });
  }

 private:
  using Outputs = std::array<Batch, kMostPorts>;

  void send(int port, const BridgeFrame& frame, Packet* packet, uint64_t now, Outputs& outputs) {
    if (!frame.whole || (frame.reserved && !spare_reserved_)) return filter(packet);
    if (!learning_) return flood(port, packet, outputs);
    if (kernel_->learn(frame, names_[size_t(port)], now)) moves_.add(*packet);
    int to = number(kernel_->port_to(frame, now));
    if (to == port) return filter(packet);
    if (to < 0) return flood(port, packet, outputs);
    forwarded_.add(*packet);
    outputs[size_t(to)].add(packet);
  }
  // -1 for a port that no longer exists.
  int number(const uint8_t* name) const {
    for (size_t i = 0; name && i < names_.size(); ++i) {
      if (std::memcmp(names_[i].bytes, name, sizeof names_[i].bytes) == 0) return int(i);
    }
    return -1;
  }
  void filter(Packet* packet) {
    filtered_.add(*packet);
    packet_pool().release(packet);
  }
  void flood(int port, Packet* packet, Outputs& outputs) {
    flooded_.add(*packet);
    int last = output_count() - 1;
    if (last == port) --last;
    for (int i = 0; i < last; ++i) {
      if (i == port) continue;
      if (Packet* copy = packet_pool().copy(*packet)) outputs[size_t(i)].add(copy);
    }
    outputs[size_t(last)].add(packet);
  }

  BridgeKernel* kernel_ = nullptr;
  std::vector<PortName> names_;
  bool vlans_ = false, spare_reserved_ = false, learning_ = true;
  KeptCounter forwarded_, flooded_, filtered_, moves_;
};

}  // namespace clickup
