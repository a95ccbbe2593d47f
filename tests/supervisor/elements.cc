// Element classes for the tests of the supervisor: a wire between two interfaces, and faults on demand.
#include <fcntl.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "driver/element.hh"

namespace clickup {
namespace {

// Sends packets from interface FROM to TO, and counts them in shared memory.
class Wire : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("FROM", from_name_).positional("TO", to_name_).finish(errors);
  }
  void initialize(Host& host, Errors& errors) override {
    for (std::string why : {host.packet_socket(from_name_, from_), host.packet_socket(to_name_, to_)})
      if (!why.empty()) errors.add(why);
    count_ = host.counter_slot(from_name_ + "_to_" + to_name_);
  }
  void add_handlers(HandlerTable& table) override {
    table.read("count", [this] { return std::to_string(count_->packets); });
  }
  bool has_task() const override { return true; }
  int poll_fd() const override { return from_ ? from_->fd : -1; }
  short poll_events() const override { return POLLIN; }

  bool run_task() override {
    uint32_t moved = 0;
    for (; moved < kBatchSize; ++moved) {
      auto* header = reinterpret_cast<tpacket2_hdr*>(from_->ring + size_t(from_->cursor->rx_frame) * from_->frame_size);
      if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) break;
      auto* data = reinterpret_cast<uint8_t*>(header) + header->tp_mac;
      while (::send(to_->fd, data, header->tp_snaplen, 0) < 0 && errno == EAGAIN) {}
      ++count_->packets;
      ++from_->cursor->rx_packets;
      from_->cursor->rx_frame = (from_->cursor->rx_frame + 1) % from_->frame_count;
      __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    }
    return moved > 0;
  }

 private:
  std::string from_name_, to_name_;
  const PacketSocket *from_ = nullptr, *to_ = nullptr;
  CounterSlot* count_ = nullptr;
};

// Memory of a state table; its handler `value` reads and writes the first number in it.
class Memory : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("LAYOUT", layout_).keyword("BYTES", bytes_).keyword("NAME", table_).finish(errors);
  }
  void initialize(Host& host, Errors& errors) override {
    std::string why = host.state_memory(name() + "/" + table_, layout_, bytes_, memory_);
    if (!why.empty()) errors.add(why);
  }
  void add_handlers(HandlerTable& table) override {
    table.read("adopted", [this] { return std::string(memory_.adopted ? "true" : "false"); });
    table.read("value", [this] { return std::to_string(number()); });
    table.write("value", [this](std::string_view text) {
      return parse_unsigned(text, number()) ? std::string() : std::string("not a number");
    });
  }

 private:
  uint64_t& number() { return *static_cast<uint64_t*>(memory_.address); }
  uint64_t layout_ = 0, bytes_ = 4096;
  std::string table_ = "numbers";
  StateMemory memory_;
};

// A counter under its own name; its handler `value` reads and writes it.
class Tally : public Element {
 public:
  void initialize(Host& host, Errors&) override { count_ = host.counter_slot(name()); }
  void add_handlers(HandlerTable& table) override {
    table.read("value", [this] { return std::to_string(count_->packets); });
    table.write("value", [this](std::string_view text) {
      return parse_unsigned(text, count_->packets) ? std::string() : std::string("not a number");
    });
  }

 private:
  CounterSlot* count_ = nullptr;
};

// Fails as KIND (hang, spin, crash, exit, error; busy is a task that always has something to do) in PHASE (configure,
// initialize, resume, pause, task). With ONCE, a file, only while the file exists, which it removes.
class Fault : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("PHASE", phase_).positional("KIND", kind_).keyword("ONCE", once_).finish(errors);
    strike("configure", &errors);
  }
  void initialize(Host&, Errors& errors) override { strike("initialize", &errors); }
  void resume() override { strike("resume", nullptr); }
  void pause() override { strike("pause", nullptr); }
  bool has_task() const override { return true; }
  bool run_task() override {
    strike("task", nullptr);
    return phase_ == "task" && kind_ == "busy";
  }

 private:
  void strike(std::string_view phase, Errors* errors) {
    if (phase != phase_ || (!once_.empty() && ::unlink(once_.c_str()) != 0)) return;
    if (kind_ == "error" && errors) errors->add("told to fail");
    if (kind_ == "exit") ::_exit(7);
    if (kind_ == "crash") __builtin_trap();
    while (kind_ == "hang") ::pause();
    for (std::atomic<uint64_t> turns = 0; kind_ == "spin";) ++turns;
  }
  std::string phase_, kind_, once_;
};

CLICKUP_ELEMENT(Wire, "0/0");
CLICKUP_ELEMENT(Memory, "0/0");
CLICKUP_ELEMENT(Tally, "0/0");
CLICKUP_ELEMENT(Fault, "0/0");

}  // namespace
}  // namespace clickup
