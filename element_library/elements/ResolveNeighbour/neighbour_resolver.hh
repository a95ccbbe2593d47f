// IP packets out to neighbours, with their Ethernet addresses, and the questions that it takes: what ResolveNeighbour
// and ARPQuerier share.
#pragma once

#include <algorithm>
#include <array>

#include "driver/element.hh"
#include "elements/NeighbourTable/link_side.hh"
#include "elements/NeighbourTable/neighbourhood.hh"
#include "support/headroom/headroom.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/lanes/lanes.hh"

namespace clickup {

// Input 0 takes IP packets, input 1 what neighbours say. Frames leave by output 0; our questions and answers by output
// 1, or with the frames when that is not connected; what cannot be delivered by output 2, or is dropped.
class NeighbourResolver : public Element {
 public:
  ~NeighbourResolver() override { release_all(); }

  void push(int port, Batch& batch) override {
    Sent sent;
    port == 0 ? take_packets(batch, sent) : take_messages(batch, sent);
    flush(sent);
  }

  uint64_t timer_at() const override { return lanes_.count() ? std::max<uint64_t>(lanes_.due(), 1) : 0; }
  void on_timer(uint64_t now) override {
    Sent sent;
    for (uint32_t left = lanes_.count(); left > 0 && lanes_.due() <= now; --left)
      look_after(lanes_.due_lane(), now, sent);
    flush(sent);
  }

  // Waiting packets continue in the next worker.
  void pause() override {
    uint64_t owner = table_->unresolved().owner(name());
    uint32_t number = 0;
    for (uint32_t lane; (lane = lanes_.due_lane()) != kNone; lanes_.close(lane)) {
      while (lanes_.length(lane) > 0) {
        Packet* packet = take_waiting(lane);
        if (!table_->unresolved().put(owner, number++, *packet, now_ns())) table_->drops.add(*packet);
        packet_pool().release(packet);
      }
    }
  }
  void resume() override {
    table_->unresolved().take(table_->unresolved().owner(name()), now_ns(), [this](Packet* packet) {
      Hop hop = hop_of(*packet);
      if (hop.cast == LinkSide::Cast::one) return hold(packet, hop, 1);
      table_->drops.add(*packet);
      packet_pool().release(packet);
    });
  }

 protected:
  struct Sent {
    Batch frames, messages, failed;
  };

  // Handles a message that arrived on input 1; may add an answer to the packets to send.
  virtual bool read_message(const Packet& packet, NeighbourNews& news, Sent& sent) = 0;
  // The address that the packet is for; false when that cannot be told.
  virtual bool address_of(const Packet& packet, IpAddress& address) const = 0;

  void use(Neighbourhood& table, Host& host, Errors& errors) {
    table_ = &table;
    lanes_.reserve(table.most_waiting);
    queries_.open(*this, "queries", host, errors);
    unreachable_.open(*this, "unreachable", host, errors);
  }

  void send_message(const uint8_t* frame, uint32_t length, Sent& sent) {
    Packet* packet = length ? packet_pool().allocate() : nullptr;
    if (!packet) return;
    std::memcpy(packet->data(), frame, length);
    packet->length = length;
    packet->mac_header = packet->begin;
    packet->timestamp_ns = realtime_ns();
    bool separate = output_count() > 1;
    put(separate ? sent.messages : sent.frames, separate ? 1 : 0, packet);
  }

  uint32_t waiting() const { return lanes_.length(); }

  LinkSide link_;
  uint64_t poll_ = 60'000'000'000;  // ns after which a neighbour is asked again
  bool poll_by_broadcast_ = false;
  Neighbourhood* table_ = nullptr;
  KeptCounter queries_, unreachable_;

 private:
  struct Hop {
    LinkSide::Cast cast = LinkSide::Cast::nobody;
    uint8_t ether[6]{};  // of a group
    IpAddress address{};
    uint64_t hash = 0;
  };
  using Waiting = Lanes<IpAddress, Packet*>;
  static constexpr uint32_t kNone = Waiting::kNone;

  void take_packets(Batch& batch, Sent& sent) {
    std::array<Hop, kBatchSize> hops;
    for (uint32_t i = 0; i < batch.count; ++i) hops[i] = hop_of(*batch.items[i]);
    for (uint32_t i = 0; i < batch.count; ++i) table_->kernel().prefetch(hops[i].hash);
    uint64_t now = now_ns();
    for (uint32_t i = 0; i < batch.count; ++i) send(batch.items[i], hops[i], now, sent);
    batch.count = 0;
  }
  Hop hop_of(const Packet& packet) const {
    Hop hop;
    if (!address_of(packet, hop.address)) return hop;
    hop.cast = link_.cast(hop.address, hop.ether);
    if (hop.cast != LinkSide::Cast::one) return hop;
    hop.address = link_.next_hop(hop.address);
    hop.hash = table_->kernel().hash(hop.address);
    return hop;
  }

  void send(Packet* packet, const Hop& hop, uint64_t now, Sent& sent) {
    if (hop.cast == LinkSide::Cast::nobody) return fail(packet, sent);
    if (hop.cast == LinkSide::Cast::group) return emit(packet, hop.ether, sent);
    if (lanes_.find(hop.address, hop.hash) != kNone) return hold(packet, hop, 0);  // keeps its place
    Resolution resolution = table_->kernel().resolve(hop.address, hop.hash, poll_, now);
    if (resolution.ask) ask(hop.address, resolution, sent);
    switch (resolution.fate) {
      case Resolution::ready: return emit(packet, resolution.ether, sent);
      case Resolution::waits: return hold(packet, hop, table_->kernel().next_question(hop.address, hop.hash, now));
      case Resolution::unreachable: return fail(packet, sent);
    }
  }

  // Without room, a packet is dropped: the oldest one for this neighbour, else this one.
  void hold(Packet* packet, const Hop& hop, uint64_t due) {
    uint32_t lane = lanes_.find(hop.address, hop.hash);
    bool crowded = table_->waiting >= table_->most_waiting;
    if (lane != kNone && (crowded || lanes_.length(lane) >= table_->queue)) {
      Packet* oldest = take_waiting(lane);
      table_->drops.add(*oldest);
      packet_pool().release(oldest);
      crowded = false;
    }
    if (lane == kNone && !crowded) lane = lanes_.open(hop.address, hop.hash, due);
    if (lane == kNone || !lanes_.append(lane, packet)) {
      table_->drops.add(*packet);
      return packet_pool().release(packet);
    }
    ++table_->waiting;
  }
  Packet* take_waiting(uint32_t lane) {
    --table_->waiting;
    return lanes_.take_first(lane);
  }

  // Packets wait in this lane, and its neighbour is due.
  void look_after(uint32_t lane, uint64_t now, Sent& sent) {
    IpAddress address = lanes_.key(lane);
    uint64_t hash = table_->kernel().hash(address);
    Resolution resolution = table_->kernel().resolve(address, hash, poll_, now);
    if (resolution.ask) ask(address, resolution, sent);
    if (resolution.fate == Resolution::waits)
      return lanes_.schedule(lane, table_->kernel().next_question(address, hash, now));
    while (lanes_.length(lane) > 0) {
      Packet* packet = take_waiting(lane);
      resolution.fate == Resolution::ready ? emit(packet, resolution.ether, sent) : fail(packet, sent);
    }
    lanes_.close(lane);
  }

  void take_messages(Batch& batch, Sent& sent) {
    uint64_t now = now_ns();
    for (Packet* packet : batch) {
      NeighbourNews news;
      if (!read_message(*packet, news, sent) || !table_->kernel().learn(news, poll_, now)) continue;
      uint32_t lane = lanes_.find(news.address, table_->kernel().hash(news.address));
      if (lane != kNone) look_after(lane, now, sent);
    }
    batch.release();
  }

  void ask(const IpAddress& address, const Resolution& resolution, Sent& sent) {
    uint8_t frame[LinkSide::kMostMessage];
    bool unicast = resolution.unicast && !poll_by_broadcast_;
    uint32_t length = link_.ask(address, unicast ? resolution.ether : nullptr, frame);
    if (length) queries_.add(1, length);
    send_message(frame, length, sent);
  }

  void emit(Packet* packet, const uint8_t* destination, Sent& sent) {
    bool six = version_of(*packet) == 6;
    if (!make_headroom(*packet, 14)) return fail(packet, sent);
    uint8_t* frame = packet->data();
    std::memcpy(frame, destination, 6);
    std::memcpy(frame + 6, link_.ether.data(), 6);
    frame[12] = six ? 0x86 : 0x08;
    frame[13] = six ? 0xdd : 0x00;
    packet->mac_header = packet->begin;
    put(sent.frames, 0, packet);
  }
  void fail(Packet* packet, Sent& sent) {
    unreachable_.add(*packet);
    put(sent.failed, 2, packet);
  }

  void put(Batch& batch, int port, Packet* packet) {
    if (batch.full()) push_or_release(port, batch);
    batch.add(packet);
  }
  void flush(Sent& sent) {
    push_or_release(1, sent.messages);
    push_or_release(0, sent.frames);
    push_or_release(2, sent.failed);
  }

  void release_all() {
    for (uint32_t lane; (lane = lanes_.due_lane()) != kNone; lanes_.close(lane)) {
      while (lanes_.length(lane) > 0) packet_pool().release(lanes_.take_first(lane));
    }
  }

 protected:
  static uint8_t version_of(const Packet& packet) {
    if (packet.network_header != Packet::kNoHeader) return packet.buffer[packet.network_header] >> 4;
    return packet.length ? packet.data()[0] >> 4 : 0;
  }

 private:
  Waiting lanes_;
};

}  // namespace clickup
