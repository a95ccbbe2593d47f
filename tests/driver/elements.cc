// Element classes for the tests of the runtime, each of one particular shape.
#include <time.h>

#include "driver/element.hh"

namespace clickup {
namespace {

// Pushes LIMIT packets of LENGTH bytes, then stops the driver unless STOP is false.
class Emit : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("LIMIT", limit_, false).positional("LENGTH", length_, false).keyword("STOP", stop_);
    arguments.keyword("LABEL", label_).finish(errors);
  }
  void add_handlers(HandlerTable& table) override {
    table.read("label", [this] { return label_; });
    table.read("limit", [this] { return std::to_string(limit_); });
    table.write("limit", [this](std::string_view value) {
      if (!parse_unsigned(value, limit_)) return "limit takes a whole number, not '" + std::string(value) + "'";
      set_keyword("LIMIT", value);
      return std::string();
    });
    table.write("label", [this](std::string_view value) {
      label_ = value;
      set_keyword("LABEL", value);
      return std::string();
    });
    table.write("reset", [this](std::string_view) {
      sent_ = 0;
      return std::string();
    });
  }
  bool has_task() const override { return true; }
  bool run_task() override {
    Batch batch;
    while (!batch.full() && sent_ < limit_) {
      Packet* packet = packet_pool().allocate();
      if (!packet) break;
      packet->length = length_;
      batch.add(packet);
      ++sent_;
    }
    if (batch.empty()) {
      if (stop_) request_stop();
      return false;
    }
    output(0).push(batch);
    return true;
  }

 private:
  uint64_t limit_ = 100, sent_ = 0;
  uint32_t length_ = 60;
  bool stop_ = true;
  std::string label_;
};

// Counts; with DROP every DROPth packet is removed. Remembers whether it was pulled.
class Pass : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override { arguments.keyword("DROP", drop_).finish(errors); }
  void add_handlers(HandlerTable& table) override {
    table.read("count", [this] { return std::to_string(count_); });
    table.read("mode", [this] { return std::string(input_is_pull(0) ? "pull" : "push"); });
  }
  void process(Batch& batch) override {
    uint32_t kept = 0;
    for (Packet* packet : batch) {
      if (++count_ % drop_ == 0 && drop_ > 1) {
        packet_pool().release(packet);
      } else {
        batch.items[kept++] = packet;
      }
    }
    batch.count = kept;
  }

 private:
  uint64_t count_ = 0, drop_ = 1;
};

// Takes pushed and pulled packets.
class Swallow : public Element {
 public:
  void add_handlers(HandlerTable& table) override {
    table.read("count", [this] { return std::to_string(count_); });
  }
  void push(int, Batch& batch) override {
    count_ += batch.count;
    batch.release();
  }
  bool has_task() const override { return input_count() > 0 && input_is_pull(0); }
  bool run_task() override {
    Batch batch;
    input(0).pull(batch, kBatchSize);
    bool moved = !batch.empty();
    push(0, batch);
    return moved;
  }

 private:
  uint64_t count_ = 0;
};

// Pull only.
class Fetch : public Swallow {};

// Pulls up to BURST packets and pushes them on.
class Relay : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override { arguments.keyword("BURST", burst_).finish(errors); }
  bool has_task() const override { return true; }
  bool run_task() override {
    Batch batch;
    input(0).pull(batch, burst_);
    bool moved = !batch.empty();
    output(0).push(batch);
    return moved;
  }

 private:
  uint32_t burst_ = kBatchSize;
};

// Another process takes the processor for 20 ms whenever this one drains.
class Slumber : public Fetch {
 public:
  bool drain() override {
    timespec busy{0, 20'000'000};
    nanosleep(&busy, nullptr);
    return run_task();
  }
};

// A queue of up to 1000 packets: pushed in, pulled out.
class Store : public Element {
 public:
  void push(int, Batch& batch) override {
    for (Packet* packet : batch) {
      if (packets_.size() < 1000) {
        packets_.push_back(packet);
      } else {
        packet_pool().release(packet);
      }
    }
    batch.count = 0;
  }
  void pull(int, Batch& batch, uint32_t limit) override {
    for (; limit > 0 && !batch.full() && !packets_.empty(); --limit) {
      batch.add(packets_.back());
      packets_.pop_back();
    }
  }
  ~Store() override {
    for (Packet* packet : packets_) packet_pool().release(packet);
  }

 private:
  std::vector<Packet*> packets_;
};

// Odd packets to the optional output 1.
class Split : public Element {
 public:
  void process(Batch& batch) override {
    Batch odd;
    uint32_t kept = 0;
    for (Packet* packet : batch) {
      if (++count_ % 2 == 1) {
        odd.add(packet);
      } else {
        batch.items[kept++] = packet;
      }
    }
    batch.count = kept;
    push_or_release(1, odd);
  }

 private:
  uint64_t count_ = 0;
};

// As many outputs as inputs; input i reaches only output i.
class Lanes : public Element {
 public:
  void push(int port, Batch& batch) override { output(port).push(batch); }
  void pull(int port, Batch& batch, uint32_t limit) override { input(port).pull(batch, limit); }
};

// A state, and an element that names it.
class Ledger : public Element {
 public:
  int configure_phase() const override { return 0; }
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("CAPACITY", capacity).finish(errors);
    configured = true;
  }
  void initialize(Host& host, Errors& errors) override {
    StateMemory memory;
    if (std::string error = host.state_memory(name(), 1, capacity * 8, memory); !error.empty()) errors.add(error);
  }
  uint64_t capacity = 16;
  bool configured = false;
};

class Reads : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* ledger = nullptr;
    arguments.positional_element("LEDGER", "Ledger", ledger).finish(errors);
    if (ledger && !static_cast<Ledger*>(ledger)->configured) errors.add("ledger is configured too late");
  }
};

// Fails to initialise, or else fires a timer every millisecond.
class Ticker : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("FAIL", fail_).keyword("LIMIT", limit_).keyword_duration("INTERVAL", interval_).finish(errors);
  }
  void initialize(Host&, Errors& errors) override {
    if (!fail_.empty()) errors.add(fail_);
  }
  void resume() override { at_ = now_ns(); }
  uint64_t timer_at() const override { return at_; }
  void on_timer(uint64_t now) override {
    chatter(*this, "tick " + std::to_string(++ticks_));
    at_ = now + uint64_t(interval_ * 1e9);
    if (ticks_ == limit_) request_stop();
  }
  void add_handlers(HandlerTable& table) override {
    table.read("ticks", [this] { return std::to_string(ticks_); });
  }

 private:
  std::string fail_;
  double interval_ = 0.001;
  uint64_t at_ = 0, ticks_ = 0, limit_ = 0;
};

CLICKUP_ELEMENT(Emit, "0/1", "h/h");
CLICKUP_ELEMENT(Pass);
CLICKUP_ELEMENT(Swallow, "1-/0");
CLICKUP_ELEMENT(Slumber, "1-/0", "l/h");
CLICKUP_ELEMENT(Fetch, "1-/0", "l/h");
CLICKUP_ELEMENT(Relay, "1/1", "l/h");
CLICKUP_ELEMENT(Store, "1/1", "h/l");
CLICKUP_ELEMENT(Split, "1/1-2", "a/ah");
CLICKUP_ELEMENT(Lanes, "-/=", "a/a", "#/#");
CLICKUP_ELEMENT(Ledger, "0/0");
CLICKUP_ELEMENT(Reads);
CLICKUP_ELEMENT(Ticker, "0/0");

}  // namespace
}  // namespace clickup
