#include "driver/supervised_host.hh"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "shared/packet_socket.hh"
#include "support/state_table/state_pages.hh"

namespace clickup {
namespace {
constexpr int kAnswerTimeoutMs = 10'000;

// The page keeps names of a fixed width: the rest of a longer one counts as its hash (FNV-1a, equal in every release).
std::string page_name(std::string_view name) {
  constexpr size_t kWidth = sizeof CounterEntry::name - 1, kDigits = 16;
  if (name.size() <= kWidth) return std::string(name);
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : name) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
  char digits[kDigits + 1];
  ::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return std::string(name.substr(0, kWidth - kDigits - 1)) + "#" + digits;
}
}  // namespace

SupervisedHost::~SupervisedHost() {
  for (auto& [name, socket] : sockets_) ::munmap(socket.ring, size_t(socket.frame_size) * socket.frame_count);
  for (auto& [name, table] : tables_) ::munmap(table.memory.address, table.memory.bytes);
}

std::string SupervisedHost::ask(const std::string& question, Message& answer) {
  if (!channel_.send(question)) return "the supervisor does not take questions: it is gone or stuck";
  if (channel_.receive(answer, kAnswerTimeoutMs) != WorkerChannel::Result::message)
    return "the supervisor gave no answer to '" + question + "'";
  if (answer.word(0) == "ok") return {};
  return answer.word(0) == "error" ? std::string(answer.after(1)) : "the supervisor said '" + answer.text + "'";
}

std::string SupervisedHost::packet_socket(std::string_view name, PacketSocket& socket) {
  if (auto known = sockets_.find(name); known != sockets_.end()) {
    socket = known->second;
    return {};
  }
  Message answer;
  if (std::string why = ask("socket " + std::string(name), answer); !why.empty()) return why;
  if (answer.descriptors.size() != 1) return "the supervisor sent no socket for interface '" + std::string(name) + "'";
  socket = {};
  socket.fd = answer.descriptors[0].get();
  socket.frame_size = uint32_t(answer.number(1));
  socket.frame_count = uint32_t(answer.number(2));
  for (PortCursor& port : page_.ports)
    if (name_is(port.interface, sizeof port.interface, name)) socket.cursor = &port;
  if (!socket.cursor) return "the supervisor has no cursor for interface '" + std::string(name) + "'";
  if (std::string why = map_ring(socket.fd, socket.frame_size, socket.frame_count, socket.ring); !why.empty())
    return "interface '" + std::string(name) + "': " + why;
  descriptors_.push_back(std::move(answer.descriptors[0]));
  sockets_.emplace(name, socket);
  return {};
}

std::string SupervisedHost::state_memory(std::string_view name, uint64_t layout_hash, size_t bytes, StateMemory& memory) {
  if (tables_.contains(name))
    return "state table '" + std::string(name) + "' is asked for twice: two elements of one graph cannot own it";
  char layout[17];
  ::snprintf(layout, sizeof layout, "%016llx", static_cast<unsigned long long>(layout_hash));
  Message answer;
  std::string why = ask("table " + std::string(name) + " " + layout + " " + std::to_string(bytes), answer);
  if (!why.empty()) return why;
  if (answer.descriptors.size() != 1) return "the supervisor sent no memory for state table '" + std::string(name) + "'";
  FileDescriptor& fd = answer.descriptors[0];
  void* address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED)
    return "no memory for state table '" + std::string(name) + "' of " + std::to_string(bytes) + " bytes: " + std::strerror(errno);
  memory = {address, bytes, answer.word(1) == "adopted"};
  tables_.emplace(name, Table{memory, std::move(fd)});
  return {};
}

void SupervisedHost::map_tables() {
  for (auto& [name, table] : tables_) {
    auto* base = static_cast<uint8_t*>(table.memory.address);
    int fd = table.fd.get();
    off_t begin = 0, end = 0;
    while ((begin = ::lseek(fd, end, SEEK_DATA)) >= 0 && (end = ::lseek(fd, begin, SEEK_HOLE)) > begin)
      map_pages(base + begin, base + end);
  }
}

CounterSlot* SupervisedHost::counter_slot(std::string_view full_name) {
  std::string name = page_name(full_name);
  for (CounterEntry& entry : page_.counters) {
    if (entry.name[0] == 0) break;  // entries are never removed: none further on
    if (name_is(entry.name, sizeof entry.name, name)) return &entry.slot;
  }
  Message answer;
  bool shared = ask("counter " + name, answer).empty() && answer.number(1) < SharedPage::kCounters;
  return shared ? &page_.counters[answer.number(1)].slot : &private_counters_.emplace_back();
}

void SupervisedHost::find_oldest_frames() {
  for (auto& [name, socket] : sockets_)
    socket.cursor->rx_frame = oldest_frame(socket.ring, socket.frame_size, socket.frame_count, socket.cursor->rx_frame);
}

uint32_t SupervisedHost::waiting_packets(uint32_t limit_per_interface) const {
  uint32_t waiting = 0;
  for (const auto& [name, socket] : sockets_)
    waiting += waiting_frames(socket.ring, socket.frame_size, socket.frame_count, socket.cursor->rx_frame, limit_per_interface);
  return waiting;
}

}  // namespace clickup
