// The decision of $NAME: knows packets as bytes and the state as a table, and nothing of elements.
#pragma once

#include <arpa/inet.h>

#include <cstring>
#include <string>

#include "layouts/${NAME}Table.layout.hh"
#include "support/ip_packet/ip_packet.hh"
#include "state_table/state_table.hh"

namespace clickup {

using ${NAME}Records = StateTable<SendersLayout>;

class ${NAME}Kernel {
 public:
  explicit ${NAME}Kernel(${NAME}Records& records) : records_(records) {}

  // Whether the packet's sender was seen before. `now` and `timeout` in nanoseconds.
  bool check(const IpPacket& packet, uint64_t now, uint64_t timeout) {
    SendersLayout sender = key_of(packet);
    uint64_t hash = records_.hash(sender);
    uint32_t index = records_.find(sender, hash, now);
    if (index == ${NAME}Records::kNone) {
      sender.packets = 1;
      records_.insert(sender, hash, now + timeout, now, [](const SendersLayout&) { return false; });
      return false;
    }
    sender = records_.at(index);
    ++sender.packets;
    records_.write(index, sender, now + timeout);
    return true;
  }

  // A record as `table` lists it.
  static std::string line(const SendersLayout& sender) {
    static constexpr uint8_t mapped[12] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    bool four = std::memcmp(sender.address, mapped, sizeof mapped) == 0;
    char text[INET6_ADDRSTRLEN];
    inet_ntop(four ? AF_INET : AF_INET6, sender.address + (four ? 12 : 0), text, sizeof text);
    return std::string(text) + " " + std::to_string(sender.packets);
  }

 private:
  static SendersLayout key_of(const IpPacket& packet) {
    SendersLayout sender {};
    if (!packet.six) sender.address[10] = sender.address[11] = 0xff;
    std::memcpy(sender.address + (packet.six ? 0 : 12), packet.source(), packet.address_size());
    return sender;
  }

  ${NAME}Records& records_;
};

}  // namespace clickup
