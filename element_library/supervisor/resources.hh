// Resources that outlive workers: packet sockets and offload settings, state tables, the shared page, the control
// socket.
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

  // Creates the page and listens on `control_path`; restores the offloads that an earlier supervisor noted in
  // `offload_notes` and could not restore. Functions return an error, empty on success.
  std::string open(const std::string& control_path, const std::string& offload_notes);

  SharedPage& page() const { return *page_; }
  int page_memory() const { return page_memory_.get(); }
  int control_listener() const { return control_.get(); }

  // The socket of an interface, opened at its first use; a new one when the interface was replaced by another.
  std::string packet_socket(std::string_view interface, const RingSocket*& socket);
  std::vector<std::pair<std::string, const RingSocket*>> rings() const;  // open ones, by interface
  std::string create_table(const TableKey& key, bool restored, std::shared_ptr<const TableMemory>& memory);
  // Index of a counter in the page, -1 when all are taken.
  int counter(std::string_view name);

  // Closes all other interfaces, restoring their offloads, and tables that are no longer referenced.
  void keep_only(const std::set<std::string>& interfaces);

  // Reads the kernel's drop counters; returns the drops of all interfaces since the start.
  uint64_t count_drops();
  // Samples every ring; `worker` and `forwarding` as in RingReading. Drops are logged with their cause.
  void look_at_rings(const ProcessorTime& worker, bool forwarding);
  void describe_interfaces(JsonText& json);
  void describe_rings(JsonText& json) const;

  // Whether the worker that forwards takes frames longer than the ring's from the sockets, open ones and later ones.
  void queue_long_frames(bool taken);

  // Bytes that one receive ring may have. Larger ones are replaced.
  void set_ring_memory(uint64_t bytes) { ring_memory_ = bytes; }
  uint64_t ring_memory() const { return ring_memory_; }

  // Replaces a ring that is too small for its interface's traffic, or larger than it may be: the new one is opened
  // beside it, offered to the worker and filled once the worker has mapped it; the old one is given up once the worker
  // has read it to its end. One at a time.
  struct RingOffer {
    std::string interface;
    const RingSocket* socket = nullptr;  // nullptr: no change is under way
    bool filled = false;                 // already for an earlier worker
  };
  RingOffer ring_offer() const;  // the change under way
  void begin_ring_change();      // if there is anything to change, and nothing under way
  void fill_ring();              // of the change under way: frames go into it from now on
  void settle_ring_change();     // ends it if the worker, or one that died, switched rings
  // Gives the change up, unless frames go into the ring already. Tried again after a while if the worker refused it, at
  // once with an empty `refusal`.
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
    uint64_t asked_bytes = 0, asked_at = 0;  // last attempt, not repeated for a while
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
  bool long_frames_ = false;
  std::vector<std::unique_ptr<Interface>> interfaces_;
  std::vector<std::shared_ptr<const TableMemory>> tables_;
};

}  // namespace clickup
