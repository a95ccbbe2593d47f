// What outlives workers: packet sockets with their offload settings, state tables, the shared page, the control socket.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/packet_socket.hh"
#include "shared/shared_page.hh"
#include "supervisor/ring_size.hh"
#include "supervisor/ring_watch.hh"
#include "supervisor/table_memory.hh"

namespace clickup {

class EventLog;
class JsonText;

class Resources {
 public:
  explicit Resources(EventLog& log) : log_(log) {}
  ~Resources();
  Resources(const Resources&) = delete;
  Resources& operator=(const Resources&) = delete;

  // Creates the page and listens on `control_path`; offloads that an earlier supervisor could not put back, as noted
  // in `offload_notes`, are put back now. Functions return an empty string on success, else why not.
  std::string open(const std::string& control_path, const std::string& offload_notes);

  SharedPage& page() const { return *page_; }
  int page_memory() const { return page_memory_.get(); }
  int control_listener() const { return control_.get(); }

  // The socket of an interface, opened at its first use; a new one when the interface was replaced by another.
  std::string packet_socket(std::string_view interface, const RingSocket*& socket);
  std::vector<std::pair<std::string, const RingSocket*>> rings() const;  // that are open, by interface
  std::string create_table(const TableKey& key, bool restored, std::shared_ptr<const TableMemory>& memory);
  // Index of a counter in the page, -1 when all are taken.
  int counter(std::string_view name);

  // Gives up the other interfaces, whose offloads are put back, and tables that nobody refers to any more.
  void keep_only(const std::set<std::string>& interfaces);

  // Reads the kernel's drop counters; returns the drops of all interfaces since the start.
  uint64_t count_drops();
  // Looks at every ring; `worker` and `forwarding` as in RingReading. What was dropped is logged with its cause.
  void look_at_rings(const ProcessorTime& worker, bool forwarding);
  void describe_interfaces(JsonText& json);
  void describe_rings(JsonText& json) const;

  // Bytes that one receive ring may have. Those that have more are changed.
  void set_ring_memory(uint64_t bytes) { ring_memory_ = bytes; }
  uint64_t ring_memory() const { return ring_memory_; }

  // A ring of another size in place of one that is too small for what its interface carries, or larger than it may be:
  // opened beside it, offered to the worker, filled once that has mapped it, and the one before is given up once that
  // has read it to its end. One at a time.
  struct RingOffer {
    std::string interface;
    const RingSocket* socket = nullptr;  // nullptr: none is to be changed
    bool filled = false;                 // for a worker before this one already
  };
  RingOffer ring_offer() const;  // the change under way
  void begin_ring_change();      // if there is anything to change, and nothing under way
  void fill_ring();              // the change under way: frames go into it now
  void settle_ring_change();     // it is over if the worker, or one that died, went over
  // Unless frames go into it already. Tried again after a while when it was refused, at once with an empty `refusal`.
  void abandon_ring_change(std::string_view refusal);

 private:
  struct Successor {
    RingSocket socket;
    PortCursor* cursor;
    RingBound bound;
    bool filled = false;
  };
  struct Interface {
    std::string name;
    RingSocket socket;
    Offloads offloads;
    PortCursor* cursor;
    RingBound bound;
    uint64_t dropped = 0;
    RingWatch watch = {};
    std::optional<RingDrops> last_drops = {};
    std::string last_drops_at = {};
    std::optional<Successor> next = {};
    uint64_t asked_bytes = 0, asked_at = 0;  // what was tried last: not again for a while
    uint32_t asked_frame_bytes = 0;
  };
  void report_drops(Interface& interface, const RingDrops& drops);
  PortCursor* cursor(std::string_view interface);
  static void free_cursors(Interface& interface);
  bool wants_change(const Interface& interface, const LinkFacts& link, const RingSize& size) const;
  void begin_change(Interface& interface, const RingSize& size);
  void put_back_noted_offloads();
  void note_offloads();

  EventLog& log_;
  std::string offload_notes_;
  FileDescriptor page_memory_, control_;
  SharedPage* page_ = nullptr;
  uint64_t ring_memory_ = 128u << 20;
  std::vector<std::unique_ptr<Interface>> interfaces_;
  std::vector<std::shared_ptr<const TableMemory>> tables_;
};

}  // namespace clickup
