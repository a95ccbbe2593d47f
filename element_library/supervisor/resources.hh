// What outlives workers: packet sockets with their offload settings, state tables, the shared page, the control socket.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "shared/packet_socket.hh"
#include "shared/worker_channel.hh"
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
  std::string create_table(const TableKey& key, bool restored, std::shared_ptr<const TableMemory>& memory);
  // Index of a counter in the page, -1 when all are taken.
  int counter(std::string_view name);

  // Gives up the other interfaces, whose offloads are put back, and tables that nobody refers to any more.
  void keep_only(const std::set<std::string>& interfaces);

  // Reads the kernel's drop counters; returns the drops of all interfaces since the start.
  uint64_t count_drops();
  void describe_interfaces(JsonText& json);

 private:
  struct Interface {
    std::string name;
    RingSocket socket;
    Offloads offloads;
    PortCursor* cursor;
    uint64_t dropped = 0;
  };
  PortCursor* cursor(std::string_view interface);
  void put_back_noted_offloads();
  void note_offloads();

  EventLog& log_;
  std::string offload_notes_;
  FileDescriptor page_memory_, control_;
  SharedPage* page_ = nullptr;
  std::vector<std::unique_ptr<Interface>> interfaces_;
  std::vector<std::shared_ptr<const TableMemory>> tables_;
};

}  // namespace clickup
