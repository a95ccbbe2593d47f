// Balance(TABLE): gives packets from clients to the backends of a BalanceTable.
#pragma once

#include <array>
#include <cstring>

#include "driver/element.hh"
#include "elements/BalanceTable/BalanceTable.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class Balance : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* table = nullptr;
    arguments.positional_element("TABLE", "BalanceTable", table).finish(errors);
    table_ = static_cast<BalanceTable*>(table);
  }

  void initialize(Host& host, Errors& errors) override {
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i].open(*this, kNames[i], host, errors);
  }
  void add_handlers(HandlerTable& handlers) override {
    for (size_t i = 0; i < counts_.size(); ++i) handlers.read(kNames[i], [this, i] { return counts_[i].text(); });
  }

  void push(int, Batch& batch) override {
    BalanceKernel& kernel = table_->kernel();
    std::array<Batch, 3> verdicts;
    for (uint32_t i = 0; i < batch.count; ++i) {
      Packet& packet = *batch.items[i];
      packets_[i] = BalancePacket();
      if (packet.network()) kernel.read_forward(packet.network(), packet.network_length(), packets_[i]);
    }
    for (uint32_t i = 0; i < batch.count; ++i) kernel.prefetch(packets_[i]);
    for (uint32_t i = 0; i < batch.count; ++i) verdicts[size_t(take(packets_[i], *batch.items[i]))].add(batch.items[i]);
    batch.count = 0;
    for (size_t i = 0; i < verdicts.size(); ++i) {
      counts_[i].add(verdicts[i]);
      if (!verdicts[i].empty()) push_or_release(int(i), verdicts[i]);
    }
  }

 private:
  static constexpr const char* kNames[] = {"balanced", "other", "refused"};

  BalanceVerdict take(const BalancePacket& read, Packet& packet) {
    uint32_t backend = BackendSet::kNone;
    IpAddress to;
    BalanceVerdict verdict = table_->kernel().forward(read, now_ns(), backend, to);
    if (verdict != BalanceVerdict::balanced) return verdict;
    if (is_ip4(to.data())) {
      std::memcpy(&packet.destination_ip, to.data() + 12, 4);
    } else {
      std::memcpy(packet.destination_ip6, to.data(), 16);
    }
    if (backend != BackendSet::kNone && table_->backends().at(backend).has_mac) {
      readdress(packet, table_->backends().at(backend).mac);
    }
    return verdict;
  }

  // Makes the address that the frame was sent to its source.
  static void readdress(Packet& packet, const EtherAddress& mac) {
    bool framed = packet.mac_header <= packet.network_header && packet.network_header - packet.mac_header >= 14;
    if (!framed) return;
    uint8_t* header = packet.buffer + packet.mac_header;
    std::memcpy(header + 6, header, 6);
    std::memcpy(header, mac.data(), 6);
  }

  BalanceTable* table_ = nullptr;
  std::array<BalancePacket, kBatchSize> packets_;
  std::array<KeptCounter, 3> counts_;
};

}  // namespace clickup
