// CheckSession(SESSIONS): sorts packets by what they are to the sessions of a SessionTable.
#pragma once

#include <algorithm>
#include <array>

#include "driver/element.hh"
#include "elements/SessionTable/SessionTable.hh"

namespace clickup {

class CheckSession : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* sessions = nullptr;
    arguments.positional_element("SESSIONS", "SessionTable", sessions).finish(errors);
    sessions_ = static_cast<SessionTable*>(sessions);
  }

  void add_handlers(HandlerTable& handlers) override {
    static constexpr const char* kNames[] = {"established", "new", "related", "invalid"};
    for (size_t i = 0; i < counts_.size(); ++i) {
      handlers.read(kNames[i], [this, i](std::string_view) { return std::to_string(counts_[i]); });
    }
  }

  void push(int, Batch& batch) override {
    while (!batch.empty()) check_front(batch);
  }

 private:
  // Takes packets from the front, as far as their verdicts do not depend on what becomes of those before them: a
  // fragment that follows the first one of a new session passes once that session was opened, behind our output.
  void check_front(Batch& batch) {
    SessionKernel& kernel = sessions_->kernel();
    std::array<Batch, 4> verdicts;
    sessions_->read(batch, packets_);
    uint64_t now = now_ns();
    bool fragments_open = false;
    uint32_t taken = 0;
    for (; taken < batch.count; ++taken) {
      const SessionPacket& packet = packets_[taken];
      if (fragments_open && packet.kind == PacketKind::fragment) break;
      Verdict verdict = kernel.check(packet, now);
      fragments_open |= packet.first_fragment && verdict == Verdict::opening;
      verdicts[size_t(verdict)].add(batch.items[taken]);
    }
    std::copy(batch.begin() + taken, batch.end(), batch.begin());
    batch.count -= taken;
    for (size_t i = 0; i < verdicts.size(); ++i) {
      counts_[i] += verdicts[i].count;
      if (!verdicts[i].empty()) push_or_release(int(i), verdicts[i]);
    }
  }

  SessionTable* sessions_ = nullptr;
  SessionPackets packets_;
  std::array<uint64_t, 4> counts_{};
};

}  // namespace clickup
