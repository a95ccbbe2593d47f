#include "supervisor/resources.hh"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "shared/control_socket.hh"
#include "shared/message_fields.hh"
#include "shared/time_units.hh"
#include "supervisor/event_log.hh"
#include "supervisor/json_text.hh"

namespace clickup {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

Resources::~Resources() { unmap_page(page_); }

std::string Resources::open(const std::string& control_path, const std::string& offload_notes) {
  offload_notes_ = offload_notes;
  put_back_noted_offloads();
  if (std::string why = create_page(page_memory_, page_); !why.empty()) return why;
  return listen_unix(control_path, control_);
}

// One line per interface: index, name, and settings turned off. By now another interface may have the name.
void Resources::put_back_noted_offloads() {
  std::ifstream notes(offload_notes_);
  for (std::string line; std::getline(notes, line);) {
    std::istringstream words(line);
    int index = 0;
    std::string interface;
    words >> index >> interface;
    std::vector<std::string> settings{std::istream_iterator<std::string>(words), {}};
    if (index != 0 && interface_index(interface) == index) Offloads::turn_on(interface, settings);
  }
  ::unlink(offload_notes_.c_str());
}

void Resources::note_offloads() {
  if (interfaces_.empty()) {
    ::unlink(offload_notes_.c_str());
    return;
  }
  std::ofstream notes(offload_notes_);
  for (const auto& known : interfaces_)
    notes << known->socket.interface_index << ' ' << known->name << ' ' << joined(known->offloads.changed()) << '\n';
}

PortCursor* Resources::cursor(std::string_view interface) {
  for (PortCursor& port : page_->ports)
    if (name_is(port.interface, sizeof port.interface, interface)) return &port;
  for (PortCursor& port : page_->ports) {
    if (port.interface[0] != 0) continue;
    store_name(port.interface, sizeof port.interface, interface);
    return &port;
  }
  return nullptr;
}

std::string Resources::packet_socket(std::string_view name, const RingSocket*& socket) {
  int index = interface_index(name);
  for (const auto& known : interfaces_) {
    if (known->name != name || known->socket.interface_index != index) continue;
    socket = &known->socket;
    return {};
  }
  std::erase_if(interfaces_, [&name](const auto& known) {
    if (known->name == name) free_cursors(*known);
    return known->name == name;
  });
  Offloads offloads(name);  // before frames arrive, so that none was merged by the kernel
  RingSocket opened;
  LinkFacts link = link_facts(name);
  RingSize size = ring_size({link.megabits, 0, link.mtu, link.frame_bytes}, ring_memory_);
  if (std::string why = open_packet_socket(name, opened, size.bytes); !why.empty()) return why;
  found_group(opened);
  clickup::queue_long_frames(opened, long_frames_);
  PortCursor* port = cursor(name);
  if (!port)
    return "interface '" + std::string(name) + "': all " + std::to_string(SharedPage::kPorts) +
           " interfaces are in use";
  *port = {};  // the ring is new
  store_name(port->interface, sizeof port->interface, name);
  auto added = std::make_unique<Interface>(
      Interface{std::string(name), std::move(opened), std::move(offloads), port, size.bound});
  log_.add("interface_opened", {{"interface", added->name},
                                {"ring_frames", std::to_string(added->socket.frame_count)},
                                {"ring_bound", std::string(bound_word(size.bound))},
                                {"offloads_turned_off", joined(added->offloads.changed())}});
  socket = &added->socket;
  interfaces_.push_back(std::move(added));
  note_offloads();
  return {};
}

std::vector<std::pair<std::string, const RingSocket*>> Resources::rings() const {
  std::vector<std::pair<std::string, const RingSocket*>> open;
  for (const auto& known : interfaces_) open.emplace_back(known->name, &known->socket);
  return open;
}

std::string Resources::create_table(const TableKey& key, bool restored, std::shared_ptr<const TableMemory>& memory) {
  std::shared_ptr<TableMemory> created;
  if (std::string why = TableMemory::create(key, restored, created); !why.empty()) return why;
  tables_.push_back(created);
  memory = std::move(created);
  log_.add("table_created",
           {{"table", key.name}, {"layout", hexadecimal(key.layout)}, {"bytes", std::to_string(key.bytes)}});
  return {};
}

void Resources::free_cursors(Interface& interface) {
  for (PortCursor* cursor : {interface.cursor, interface.next ? interface.next->cursor : nullptr})
    if (cursor) std::memset(static_cast<void*>(cursor), 0, sizeof *cursor);
}

int Resources::counter(std::string_view name) {
  for (size_t i = 0; i < SharedPage::kCounters; ++i) {
    CounterEntry& entry = page_->counters[i];
    if (entry.name[0] == 0) store_name(entry.name, sizeof entry.name, name);
    if (name_is(entry.name, sizeof entry.name, name)) return int(i);
  }
  return -1;
}

void Resources::keep_only(const std::set<std::string>& interfaces) {
  std::erase_if(interfaces_, [&](const auto& known) {
    if (interfaces.contains(known->name)) return false;
    log_.add("interface_closed",
             {{"interface", known->name}, {"offloads_put_back", joined(known->offloads.changed())}});
    free_cursors(*known);
    return true;
  });
  note_offloads();
  std::erase_if(tables_, [&](const auto& table) {
    if (table.use_count() > 1) return false;
    log_.add("table_dropped", {{"table", table->key().name}, {"layout", hexadecimal(table->key().layout)}});
    return true;
  });
}

uint64_t Resources::count_drops() {
  uint64_t total = 0;
  for (const auto& known : interfaces_) {
    known->dropped += read_drops(known->socket.fd.get()).dropped;
    total += known->dropped;
  }
  return total;
}

void Resources::look_at_rings(const ProcessorTime& worker, bool forwarding) {
  count_drops();
  for (const auto& known : interfaces_) {
    const PortCursor& port = *known->cursor;
    RingReading reading{boot_time_ns(), port.rx_packets, known->dropped, port.rx_truncated, worker, forwarding};
    if (auto drops = known->watch.look(reading)) report_drops(*known, *drops);
  }
}

void Resources::report_drops(Interface& interface, const RingDrops& drops) {
  auto milliseconds = [](uint64_t ns) { return std::to_string(ns / 1'000'000); };
  interface.last_drops = drops;
  interface.last_drops_at = iso_time_now();
  log_.add("frames_dropped", {{"interface", interface.name},
                              {"frames", std::to_string(drops.frames)},
                              {"cause", std::string(cause_word(drops.cause))},
                              {"over_ms", milliseconds(drops.over_ns)},
                              {"off_processor_ms", milliseconds(drops.waited_ns)},
                              {"on_processor_ms", milliseconds(drops.ran_ns)}});
}

void Resources::describe_rings(JsonText& json) const {
  json.begin_object();
  for (const auto& known : interfaces_) {
    json.key(known->name).begin_object().field("frames", uint64_t(known->socket.frame_count));
    json.field("bytes", uint64_t(known->socket.frame_count) * known->socket.frame_size)
        .field("bound", bound_word(known->bound));
    json.field("peak_rate", known->watch.peak_rate()).key("drops");
    if (const auto& drops = known->last_drops) {
      json.begin_object().field("time", std::string_view(known->last_drops_at)).field("frames", drops->frames);
      json.field("cause", cause_word(drops->cause)).field("over_ms", drops->over_ns / 1'000'000);
      json.field("off_processor_ms", drops->waited_ns / 1'000'000).end_object();
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_object();
}

void Resources::describe_interfaces(JsonText& json) {
  count_drops();
  json.begin_object();
  for (const auto& known : interfaces_) {
    const PortCursor& port = *known->cursor;
    json.key(known->name).begin_object();
    json.field("rx_packets", port.rx_packets).field("rx_bytes", port.rx_bytes).field("rx_truncated", port.rx_truncated);
    json.field("rx_dropped", known->dropped).field("tx_packets", port.tx_packets).field("tx_bytes", port.tx_bytes);
    json.field("tx_dropped", port.tx_dropped).end_object();
  }
  json.end_object();
}

}  // namespace clickup
