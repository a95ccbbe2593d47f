#include "supervisor/supplies.hh"

#include <span>

#include "shared/shared_page.hh"
#include "supervisor/event_log.hh"
#include "supervisor/resources.hh"
#include "supervisor/restoring.hh"
#include "supervisor/table_sources.hh"

namespace clickup {
namespace {
void refuse(Slot& candidate, const std::string& why) {
  candidate.worker->channel().send(encode(answers::Error{{why}}));
}
}  // namespace

void Supplies::give(const notices::Socket& question, Slot& candidate) {
  const std::string& interface = question.interface.text;
  const RingSocket* socket = nullptr;
  std::string why = resources_.packet_socket(interface, socket);
  candidate.lacks |= !why.empty();
  if (!why.empty()) return refuse(candidate, why);
  candidate.needs.interfaces.insert(interface);
  int descriptor = socket->fd.get();
  candidate.worker->channel().send(encode(answers::Socket{socket->frame_size, socket->frame_count}),
                                   std::span(&descriptor, 1));
}

void Supplies::give(const notices::Table& question, Slot& candidate, const Others& others) {
  TableKey key{question.name, question.layout.number, question.bytes};
  if (key.bytes == 0) return refuse(candidate, "a table needs a name, a layout and a size");
  TableUse use;
  if (std::string why = find_table(key, others, use); !why.empty()) return refuse(candidate, why);
  candidate.needs.tables[key.name] = use;
  int descriptor = use.memory->fd();
  candidate.worker->channel().send(encode(answers::Table{use.fresh ? Origin::fresh : Origin::adopted, key.bytes}),
                                   std::span(&descriptor, 1));
}

void Supplies::give(const notices::Counter& question, Slot& candidate) {
  int index = resources_.counter(question.name.text);
  if (index < 0) return refuse(candidate, "all " + std::to_string(SharedPage::kCounters) + " counters are in use");
  candidate.worker->channel().send(encode(answers::Counter{uint32_t(index)}));
}

// Records come from the first source that has them: the checkpoint named by the takeover, memory, the newest
// checkpoint.
std::string Supplies::find_table(const TableKey& key, const Others& others, TableUse& use) {
  bool back = others.purpose == Purpose::revert;
  bool named = others.purpose == Purpose::start || others.purpose == Purpose::upgrade;  // else they are in memory
  if (std::string why = named ? restoring_.from_named(key, use) : ""; !why.empty()) return why;
  if (use.from.empty()) {
    use.memory = memory_of(key, back ? others.previous : others.current);
    if (!use.memory) use.memory = memory_of(key, others.current);
    use.source = source_of(use.memory.get(), key.name, back, others.current);
  }
  if (use.memory && use.from.empty())
    log_.add("table_adopted",
             {{"table", key.name}, {"layout", hexadecimal(key.layout)}, {"bytes", std::to_string(key.bytes)}});
  // A network element without its records is better than none.
  if (!use.memory && !use.source) restoring_.from_newest(key, use);
  use.fresh = !use.memory;
  return use.fresh ? resources_.create_table(key, !use.from.empty(), use.memory) : "";
}

}  // namespace clickup
