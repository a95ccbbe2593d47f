// The common part of FromDevice and ToDevice: one direction of an interface.
#pragma once

#include <algorithm>
#include <string>

#include "driver/element.hh"

namespace clickup {

// Socket and cursor belong to the host: the next worker continues where this one stops.
class InterfaceEnd : public Element {
 public:
  void initialize(Host& host, Errors& errors) override {
    std::string problem = host.packet_socket(interface_, socket_);
    if (!problem.empty()) errors.add(problem);
  }

  void resume() override { forwarding_ = socket_ != nullptr; }
  void pause() override { forwarding_ = false; }
  bool has_task() const override { return true; }

 protected:
  void read_name(Arguments& arguments) { arguments.positional("DEVNAME", interface_); }
  void read_common(Arguments& arguments, Errors& errors) {
    arguments.keyword("BURST", burst_).keyword("METHOD", method_).finish(errors);
    if (method_ != "LINUX" && method_ != "PCAP")
      errors.add("METHOD is LINUX or PCAP, which are the same here, not '" + method_ + "'");
    burst_ = std::clamp(burst_, 1u, kBatchSize);
  }
  void read_number(HandlerTable& handlers, const char* name, uint64_t PortCursor::* count) const {
    handlers.read(name, [this, count] { return std::to_string(cursor().*count); });
  }
  PortCursor& cursor() const {
    static PortCursor none{};  // before the interface is opened
    return socket_ ? *socket_->cursor : none;
  }

  std::string method_ = "LINUX";
  uint32_t burst_ = kBatchSize;
  bool forwarding_ = false;
  const PacketSocket* socket_ = nullptr;

 private:
  std::string interface_;
};

}  // namespace clickup
