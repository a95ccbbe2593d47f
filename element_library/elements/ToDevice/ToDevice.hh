// ToDevice(DEVNAME, [BURST, METHOD, DEBUG]): sends frames on an interface.
//
// Ports: 1 input, pull. Frames go out in batches through the same packet socket that FromDevice reads from. What the
// interface cannot take at once is kept and tried again for 10 ms, then dropped and counted; a frame that the interface
// refuses for good (too long, for example) is dropped at once.
// Parameters: DEVNAME; BURST, frames a round (64); METHOD and DEBUG are accepted for Click's sake.
// Handlers: count, byte_count, drops (r), continuing in the next worker.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "support/interface_end/interface_end.hh"

namespace clickup {

class ToDevice : public InterfaceEnd {
 public:
  ~ToDevice() override { waiting_.release(); }

  void configure(Arguments& arguments, Errors& errors) override {
    bool debug = false;
    read_name(arguments);
    arguments.keyword("DEBUG", debug);
    read_common(arguments, errors);
    for (uint32_t i = 0; i < kBatchSize; ++i) {
      messages_[i] = {};
      messages_[i].msg_hdr.msg_iov = &buffers_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  void add_handlers(HandlerTable& handlers) override {
    read_number(handlers, "count", &PortCursor::tx_packets);
    read_number(handlers, "byte_count", &PortCursor::tx_bytes);
    read_number(handlers, "drops", &PortCursor::tx_dropped);
  }

  void pause() override {
    drop(waiting_.count);  // what could not be sent is late by now
    InterfaceEnd::pause();
  }

  bool run_task() override { return send_round(); }
  bool drain() override {
    if (blocked_since_ns_ != 0) await_room();
    return send_round();
  }

 private:
  static constexpr uint64_t kRetryTime = 10'000'000;  // ns

  // Before a pause, it is better to wait than to lose packets already pulled.
  void await_room() const {
    pollfd room{socket_->fd, POLLOUT, 0};
    poll(&room, 1, 1);
  }

  bool send_round() {
    if (!forwarding_) return false;
    if (waiting_.count < burst_) input(0).pull(waiting_, burst_ - waiting_.count);
    if (waiting_.empty()) return false;
    send_waiting();
    return true;
  }

  // Sends packets from the front until the interface accepts no more.
  void send_waiting() {
    while (!waiting_.empty()) {
      for (uint32_t i = 0; i < waiting_.count; ++i)
        buffers_[i] = {waiting_.items[i]->data(), waiting_.items[i]->length};
      int sent = sendmmsg(socket_->fd, messages_, waiting_.count, MSG_DONTWAIT);
      if (sent > 0) {
        count_sent(uint32_t(sent));
      } else if (errno == EAGAIN || errno == ENOBUFS) {
        if (blocked_since_ns_ == 0) blocked_since_ns_ = now_ns();
        if (now_ns() - blocked_since_ns_ > kRetryTime) drop(waiting_.count);
        return;
      } else if (errno != EINTR) {
        drop(errno == ENETDOWN || errno == ENXIO ? waiting_.count : 1);
      }
    }
  }

  void count_sent(uint32_t count) {
    PortCursor& place = cursor();
    for (uint32_t i = 0; i < count; ++i) place.tx_bytes += waiting_.items[i]->length;
    place.tx_packets += count;
    blocked_since_ns_ = 0;
    release_front(count);
  }
  void drop(uint32_t count) {
    cursor().tx_dropped += count;
    release_front(count);
  }
  void release_front(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) packet_pool().release(waiting_.items[i]);
    std::copy(waiting_.begin() + count, waiting_.end(), waiting_.begin());
    waiting_.count -= count;
  }

  Batch waiting_;                  // pulled and not sent yet
  uint64_t blocked_since_ns_ = 0;  // 0: the interface takes frames
  mmsghdr messages_[kBatchSize];
  iovec buffers_[kBatchSize];
};

}  // namespace clickup
