// FromDevice(DEVNAME, [PROMISC, SNAPLEN, PROTOCOL, BURST, TIMESTAMP, ...]): emits the frames that arrive on an
// interface.
//
// Ports: 1 output, push. Frames come from the packet socket's receive ring; the socket and the place in the ring belong
// to the host, so that successive workers go on in the same ring. A frame is copied, given back to the kernel and only
// then counted as read. One longer than the ring's frames is taken from the socket; one that is longer than a packet,
// or that the socket had no room for, is dropped and counted in drops.
// Parameters: DEVNAME; PROMISC, false leaves out frames for other stations (true); SNAPLEN, bytes kept of a frame
// (65535); PROTOCOL, the only EtherType to emit, 0 for all (0); BURST, frames a round (64); TIMESTAMP, set the packets'
// time (true). SNIFFER, METHOD, HEADROOM and ENCAP ETHER are accepted for Click's sake: the kernel's own stack keeps
// out of the way when the interface has no address. Handlers: count, byte_count, drops (r), continuing in the next
// worker.
#pragma once

#include <poll.h>

#include "support/interface_end/interface_end.hh"
#include "support/ring_frame/ring_frame.hh"

namespace clickup {

class FromDevice : public InterfaceEnd {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    bool sniffer = true;
    uint32_t headroom = 0;
    std::string encapsulation = "ETHER";
    read_name(arguments);
    arguments.positional("PROMISC", promiscuous_, false).positional("SNAPLEN", snaplen_, false);
    arguments.keyword("SNIFFER", sniffer).keyword("TIMESTAMP", timestamp_).keyword("PROTOCOL", protocol_);
    arguments.keyword("CAPTURE", method_).keyword("HEADROOM", headroom).keyword("ENCAP", encapsulation);
    read_common(arguments, errors);
    if (snaplen_ < 14 || snaplen_ > 65535) errors.add("SNAPLEN is 14 to 65535 bytes, not " + std::to_string(snaplen_));
    if (protocol_ > 0xffff) errors.add("PROTOCOL is an EtherType, such as 0x0800");
    if (headroom > 8190) errors.add("HEADROOM is at most 8190 bytes");
    if (encapsulation != "ETHER") errors.add("ENCAP is ETHER: frames are read from Ethernet interfaces");
  }

  void add_handlers(HandlerTable& handlers) override {
    read_number(handlers, "count", &PortCursor::rx_packets);
    read_number(handlers, "byte_count", &PortCursor::rx_bytes);
    read_number(handlers, "drops", &PortCursor::rx_truncated);
  }

  void resume() override {
    InterfaceEnd::resume();
    if (forwarding_) skip_frame_read_before();
  }

  bool run_task() override {
    if (!forwarding_) return false;
    Batch batch;
    uint32_t frames = 0;
    for (; frames < burst_ && frame(cursor().rx_frame).ready(); ++frames) {
      if (!read_frame(batch)) break;
    }
    output(0).push(batch);
    return frames > 0;
  }

  int poll_fd() const override { return socket_ ? socket_->fd : -1; }
  short poll_events() const override { return POLLIN; }

 private:
  RingFrame frame(uint32_t index) const { return RingFrame(socket_->ring + size_t(index) * socket_->frame_size); }
  uint32_t following(uint32_t index) const { return index + 1 == socket_->frame_count ? 0 : index + 1; }

  // False when there is no packet to copy the frame into; it then stays in the ring.
  bool read_frame(Batch& batch) {
    PortCursor& place = cursor();
    RingFrame current = frame(place.rx_frame);
    bool wanted = is_wanted(current.packet_type()), copied = wanted || current.queued();
    Packet* packet = copied ? packet_pool().allocate() : nullptr;
    if (copied && !packet) return false;
    bool whole = packet && current.copy_to(*packet, socket_->fd);
    place.rx_returned = place.rx_frame + 1;
    current.hand_back();
    std::atomic_signal_fence(std::memory_order_seq_cst);  // in this order also when the worker dies in between
    place.rx_frame = following(place.rx_frame);
    if (!wanted || !whole) {
      if (packet) packet_pool().release(packet);
      place.rx_truncated += wanted;
      return true;
    }
    if (protocol_ != 0 && !is_of_protocol(*packet)) {
      packet_pool().release(packet);
      return true;
    }
    packet->length = std::min(packet->length, snaplen_);
    if (!timestamp_) packet->timestamp_ns = 0;
    place.rx_packets += 1;
    place.rx_bytes += packet->length;
    batch.add(packet);
    return true;
  }

  bool is_wanted(uint8_t type) const { return type != PACKET_OUTGOING && (promiscuous_ || type != PACKET_OTHERHOST); }

  bool is_of_protocol(const Packet& packet) const {
    const uint8_t* type = packet.data() + 12;
    return packet.length >= 14 && uint32_t(type[0] << 8 | type[1]) == protocol_;
  }

  // A worker that died between giving a frame back and moving the cursor on left the cursor on a frame that the kernel
  // will not fill before the ring has gone round; rx_returned tells.
  void skip_frame_read_before() {
    PortCursor& place = cursor();
    bool returned = place.rx_returned == place.rx_frame + 1 && !frame(place.rx_frame).ready();
    if (returned) place.rx_frame = following(place.rx_frame);
  }

  bool promiscuous_ = true, timestamp_ = true;
  uint32_t snaplen_ = 65535, protocol_ = 0;  // protocol: 0 for all
};

}  // namespace clickup
