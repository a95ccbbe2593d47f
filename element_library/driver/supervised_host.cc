#include "driver/supervised_host.hh"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "shared/packet_socket.hh"
#include "state_table/state_pages.hh"

namespace clickup {
namespace {
constexpr int kAnswerTimeoutMs = 10'000;

// The page has names of a fixed width: the rest of a longer one is replaced by its hash (FNV-1a, stable over releases).
std::string page_name(std::string_view name) {
  constexpr size_t kWidth = sizeof CounterEntry::name - 1, kDigits = 16;
  if (name.size() <= kWidth) return std::string(name);
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : name) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
  char digits[kDigits + 1];
  ::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return std::string(name.substr(0, kWidth - kDigits - 1)) + "#" + digits;
}

void unmap(PacketSocket& socket) {
  if (socket.ring) ::munmap(socket.ring, size_t(socket.frame_size) * socket.frame_count);
  socket.ring = nullptr;
}
}  // namespace

SupervisedHost::~SupervisedHost() {
  for (auto& [name, socket] : sockets_) {
    unmap(socket.used);
    unmap(socket.next);
  }
  for (auto& [name, table] : tables_) ::munmap(table.memory.address, table.memory.bytes);
}

std::string SupervisedHost::ask(const std::string& question, Message& answer) {
  if (!channel_.send(question)) return "the supervisor does not take questions: it is gone or stuck";
  if (channel_.receive(answer, kAnswerTimeoutMs) != WorkerChannel::Result::message)
    return "the supervisor gave no answer to '" + question + "'";
  if (verb_of<Answer>(answer) == Answer::ok) return {};
  std::optional<answers::Error> error = parse<answers::Error>(answer);
  return error ? error->why.text : "the supervisor said '" + answer.text + "'";
}

std::string SupervisedHost::packet_socket(std::string_view name, const PacketSocket*& socket) {
  if (auto known = sockets_.find(name); known != sockets_.end()) {
    socket = &known->second.used;
    return {};
  }
  Message answer;
  if (std::string why = ask(encode(notices::Socket{{std::string(name)}}), answer); !why.empty()) return why;
  std::optional<answers::Socket> given = parse<answers::Socket>(answer);
  if (!given || answer.descriptors.size() != 1)
    return "the supervisor sent no socket for interface '" + std::string(name) + "'";
  Socket opened;
  opened.used = {answer.descriptors[0].get(), nullptr, given->frame_size, given->frame_count, cursor_of(name)};
  PacketSocket& used = opened.used;
  if (!used.cursor) return "the supervisor has no cursor for interface '" + std::string(name) + "'";
  if (std::string why = map_ring(used.fd, used.frame_size, used.frame_count, used.ring); !why.empty())
    return "interface '" + std::string(name) + "': " + why;
  opened.fd = std::move(answer.descriptors[0]);
  socket = &sockets_.emplace(name, std::move(opened)).first->second.used;
  return {};
}

PortCursor* SupervisedHost::cursor_of(std::string_view name) const {
  for (PortCursor& port : page_.ports)
    if (name_is(port.interface, sizeof port.interface, name)) return &port;
  return nullptr;
}

std::string SupervisedHost::offer_ring(const orders::Ring& offer, std::vector<FileDescriptor>& sockets) {
  auto known = sockets_.find(offer.interface);
  PortCursor* cursor = cursor_of(successor_name(offer.interface));
  if (known == sockets_.end() || !cursor || sockets.size() != 1) return "nothing here reads from it";
  Socket& socket = known->second;
  unmap(socket.next);
  socket.filled = false;
  PacketSocket next{sockets[0].get(), nullptr, offer.frame_size, offer.frame_count, cursor};
  if (std::string why = map_ring(next.fd, next.frame_size, next.frame_count, next.ring); !why.empty()) return why;
  socket.next = next;
  socket.next_fd = std::move(sockets[0]);
  return {};
}

void SupervisedHost::fill_ring(std::string_view name) {
  auto known = sockets_.find(name);
  if (known != sockets_.end() && known->second.next.ring) settling_ = known->second.filled = true;
}

void SupervisedHost::settle_rings() {
  if (!settling_) return;
  settling_ = false;
  for (auto& [name, socket] : sockets_) {
    if (!socket.filled) continue;
    const PacketSocket& used = socket.used;
    bool left = waiting_frames(used.ring, used.frame_size, used.frame_count, used.cursor->rx_frame, 1) > 0;
    settling_ |= left;
    if (left) continue;
    succeed(*used.cursor, *socket.next.cursor);
    unmap(socket.used);
    socket.used = std::exchange(socket.next, {});
    socket.fd = std::move(socket.next_fd);
    socket.filled = false;
    channel_.send(encode(notices::RingChanged{name}));
  }
}

std::string SupervisedHost::state_memory(std::string_view name, uint64_t layout_hash, size_t bytes,
                                         StateMemory& memory) {
  if (tables_.contains(name))
    return "state table '" + std::string(name) + "' is asked for twice: two elements of one graph cannot own it";
  Message answer;
  std::string why = ask(encode(notices::Table{std::string(name), {layout_hash}, bytes}), answer);
  if (!why.empty()) return why;
  std::optional<answers::Table> given = parse<answers::Table>(answer);
  if (!given || answer.descriptors.size() != 1)
    return "the supervisor sent no memory for state table '" + std::string(name) + "'";
  FileDescriptor& fd = answer.descriptors[0];
  void* address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED)
    return "no memory for state table '" + std::string(name) + "' of " + std::to_string(bytes) +
           " bytes: " + std::strerror(errno);
  memory = {address, bytes, given->origin == Origin::adopted};
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
    if (entry.name[0] == 0) break;  // entries are never removed: none follows
    if (name_is(entry.name, sizeof entry.name, name)) return &entry.slot;
  }
  Message answer;
  std::optional<answers::Counter> given;
  if (ask(encode(notices::Counter{{name}}), answer).empty()) given = parse<answers::Counter>(answer);
  bool shared = given && given->index < SharedPage::kCounters;
  return shared ? &page_.counters[given->index].slot : &private_counters_.emplace_back();
}

void SupervisedHost::find_oldest_frames() {
  for (auto& [name, socket] : sockets_)
    socket.used.cursor->rx_frame =
        oldest_frame(socket.used.ring, socket.used.frame_size, socket.used.frame_count, socket.used.cursor->rx_frame);
}

uint32_t SupervisedHost::waiting_packets(uint32_t limit_per_interface) const {
  uint32_t waiting = 0;
  for (const auto& [name, socket] : sockets_)
    waiting += waiting_frames(socket.used.ring, socket.used.frame_size, socket.used.frame_count,
                              socket.used.cursor->rx_frame, limit_per_interface);
  return waiting;
}

}  // namespace clickup
