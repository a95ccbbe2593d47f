// Surroundings of a worker: everything that must outlive it comes from the supervisor.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "driver/host.hh"
#include "shared/shared_page.hh"
#include "shared/worker_messages.hh"

namespace clickup {

// Asks over the channel while the graph initialises; every answer is awaited, since nothing forwards yet.
class SupervisedHost : public Host {
 public:
  SupervisedHost(WorkerChannel& channel, SharedPage& page) : channel_(channel), page_(page) {}
  ~SupervisedHost() override;
  SupervisedHost(const SupervisedHost&) = delete;
  SupervisedHost& operator=(const SupervisedHost&) = delete;

  std::string packet_socket(std::string_view interface, const PacketSocket*& socket) override;
  std::string state_memory(std::string_view name, uint64_t layout_hash, size_t bytes, StateMemory& memory) override;
  CounterSlot* counter_slot(std::string_view name) override;

  // Maps the pages of tables that are in use, so that no packet waits for page faults once this worker forwards.
  void map_tables();
  // Points every cursor at the oldest frame that was not given back to the kernel: a worker that died moved its cursor
  // before it returned the frames behind it.
  void find_oldest_frames();
  uint32_t waiting_packets(uint32_t limit_per_interface) const;

  // Another ring of an interface: once offered, it is mapped; once filled, it gets all frames instead of the old one.
  // That one is read to its end, and given up by settle_rings(). Returns an error, empty on success.
  std::string offer_ring(const orders::Ring& offer, std::vector<FileDescriptor>& sockets);
  void fill_ring(std::string_view interface);
  // Between two rounds: switches to filled rings whose predecessors are empty. Notifies the supervisor.
  void settle_rings();

 private:
  struct Socket {
    PacketSocket used, next;  // next.ring: nullptr when there is none
    FileDescriptor fd, next_fd;
    bool filled = false;
  };
  struct Table {
    StateMemory memory;
    FileDescriptor fd;
  };
  PortCursor* cursor_of(std::string_view name) const;
  // Returns an empty string when the answer is `ok`, else why not.
  std::string ask(const std::string& question, Message& answer);

  WorkerChannel& channel_;
  SharedPage& page_;
  std::map<std::string, Socket, std::less<>> sockets_;
  std::map<std::string, Table, std::less<>> tables_;
  bool settling_ = false;                     // a filled ring waits until the old one is empty
  std::deque<CounterSlot> private_counters_;  // used when the page is full: these start at zero in every worker
};

}  // namespace clickup
