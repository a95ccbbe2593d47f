// The element: the unit of packet processing, with Click's ports, life cycle and handlers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "driver/arguments.hh"
#include "driver/host.hh"
#include "driver/packet.hh"

namespace clickup {

class Element;
class Router;

// Collects every error of a life-cycle phase; the runtime adds "While configuring 'name :: Class'".
class Errors {
 public:
  void add(std::string message) { messages_.push_back(std::move(message)); }
  const std::vector<std::string>& messages() const { return messages_; }
  bool empty() const { return messages_.empty(); }
  size_t size() const { return messages_.size(); }

 private:
  std::vector<std::string> messages_;
};

enum class Processing : uint8_t { agnostic, push, pull };

// The far end of a connection. Unconnected optional ports swallow pushes and yield nothing on pull.
struct Port {
  Element* element = nullptr;
  int port = 0;
  bool connected() const { return element != nullptr; }
  inline void push(Batch& batch) const;                  // takes the packets; batch is empty afterwards
  inline void pull(Batch& batch, uint32_t limit) const;  // appends up to `limit` packets
};

struct Handler {
  std::function<std::string(std::string_view parameters)> read;  // empty: not readable
  std::function<std::string(std::string_view value)> write;      // returns an error, empty on success
  // Replaces `write` for work that takes longer than packets may wait: `done` is called with the error later, from a
  // timer or a task.
  std::function<void(std::string_view value, std::function<void(std::string error)> done)> write_later;

  bool writable() const { return write || write_later; }
};

// Filled by Element::add_handlers.
class HandlerTable {
 public:
  void read(std::string_view name, std::function<std::string(std::string_view)> function);
  void read(std::string_view name, std::function<std::string()> function);
  void write(std::string_view name, std::function<std::string(std::string_view)> function);
  void write_later(std::string_view name,
                   std::function<void(std::string_view, std::function<void(std::string)>)> function);
  const Handler* find(std::string_view name) const;
  const std::vector<std::pair<std::string, Handler>>& all() const { return handlers_; }  // in order of addition

 private:
  Handler& entry(std::string_view name);
  std::vector<std::pair<std::string, Handler>> handlers_;
};

// What the manifest of a class says of its ports, in Click's notation.
struct ElementClass {
  const char* name;
  const char* port_count = "1/1";
  const char* processing = "a/a";
  const char* flow_code = "x/x";  // which inputs reach which outputs, for agnostic ports
  const char* left_out = "";      // arguments of Click's class that this one does not take: lines of "NAME: why"
};

// Life cycle: configure -> initialize -> (resume <-> pause)* -> cleanup. Nothing forwards before the first resume.
class Element {
 public:
  virtual ~Element();

  const ElementClass& element_class() const { return *class_; }
  const char* class_name() const { return class_->name; }

  // Order within configure and initialize, lowest first: states before the elements that name them.
  virtual int configure_phase() const { return 100; }
  virtual void configure(Arguments& arguments, Errors& errors) { arguments.finish(errors); }
  virtual void initialize(Host&, Errors&) {}
  virtual void add_handlers(HandlerTable&) {}
  virtual void resume() {}                // this worker forwards from now on
  virtual void pause() {}                 // this worker stops forwarding; state in shared memory must be consistent
  virtual bool drain() { return false; }  // called repeatedly before pause; true when packets moved

  // Packet handling. An agnostic element overrides `process` alone; it may remove packets (release them) or push some
  // to other outputs, and leaves in the batch what goes on through output 0.
  virtual void process(Batch&) {}
  virtual void push(int port, Batch& batch);
  virtual void pull(int port, Batch& batch, uint32_t limit);

  // Work that no push or pull triggers (devices, sources, Unqueue). Returns true when it moved packets.
  virtual bool has_task() const { return false; }
  virtual bool run_task() { return false; }
  // File descriptors that wake the worker when it is idle, -1 for none; poll events as for poll(2).
  virtual int poll_fd() const { return -1; }
  virtual short poll_events() const { return 0; }
  // CLOCK_BOOTTIME nanoseconds at which on_timer wants to run, 0 for never.
  virtual uint64_t timer_at() const { return 0; }
  virtual void on_timer(uint64_t /*now_ns*/) {}

  const std::string& name() const { return name_; }
  Router& router() const { return *router_; }
  const std::vector<std::string>& configuration() const { return configuration_; }  // current, live changes included
  // Records a live change so that flatconfig shows it: replaces the argument that gave `keyword`, by name or by
  // position, or appends it.
  void set_keyword(std::string_view keyword, std::string_view value);
  int input_count() const { return int(inputs_.size()); }
  int output_count() const { return int(outputs_.size()); }
  const Port& input(int port) const { return inputs_[size_t(port)]; }    // for pull inputs: where to pull from
  const Port& output(int port) const { return outputs_[size_t(port)]; }  // for push outputs: where to push to
  bool input_is_pull(int port) const { return input_modes_[size_t(port)] == Processing::pull; }
  bool output_is_push(int port) const { return output_modes_[size_t(port)] == Processing::push; }
  // Pushes to an optional output, or releases the packets when it is absent (Click's CheckIPHeader output 1).
  void push_or_release(int port, Batch& batch);
  // For initialize(): the element's counter, or a named one, which continues in the next worker. `slot` keeps its value
  // when none is left, which is an error.
  void find_counter(std::string_view word, CounterSlot*& slot, Host& host, Errors& errors) const;

 private:
  friend class Router;
  friend std::unique_ptr<Element> make_element(std::string_view class_name);
  const ElementClass* class_ = nullptr;
  std::string name_;
  std::vector<std::string> configuration_;
  std::vector<std::pair<std::string, size_t>> positions_;  // arguments given by position, for set_keyword
  Router* router_ = nullptr;
  std::vector<Port> inputs_, outputs_;
  std::vector<Processing> input_modes_, output_modes_;
};

inline void Port::push(Batch& batch) const {
  if (element) {
    if (!batch.empty()) element->push(port, batch);
  } else {
    batch.release();
  }
}
inline void Port::pull(Batch& batch, uint32_t limit) const {
  if (element) element->pull(port, batch, limit);
}

// Time of the current scheduling round, read once a round: no clock read per packet.
uint64_t now_ns();       // CLOCK_BOOTTIME
uint64_t realtime_ns();  // CLOCK_REALTIME
// Log line on standard error, prefixed with the element's name; at most 10 a second per element, the rest counted.
void chatter(const Element& element, std::string_view text);
// Ends the worker after this round (FromDump STOP, InfiniteSource STOP).
void request_stop();

// Registration: one line of the source that is generated for each class, CLICKUP_ELEMENT(Class, "1/1", "a/a", "x/x").
using ElementFactory = Element* (*)();
struct ElementRegistration {
  ElementRegistration(const ElementClass& facts, ElementFactory factory);
};
#define CLICKUP_ELEMENT(Class, ...)                                                                   \
  static const ::clickup::ElementRegistration registration_##Class {                                  \
    {#Class __VA_OPT__(, ) __VA_ARGS__}, []() -> ::clickup::Element* { return new ::clickup::Class; } \
  }

}  // namespace clickup
