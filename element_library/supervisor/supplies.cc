#include "supervisor/supplies.hh"

#include <span>

#include "supervisor/event_log.hh"
#include "supervisor/resources.hh"
#include "supervisor/restoring.hh"
#include "supervisor/table_sources.hh"

namespace clickup {

void Supplies::answer(const Message& question, Slot& candidate, const Others& others) {
  std::string_view verb = question.word(0);
  int descriptor = -1;
  std::string answer = verb == "socket"  ? give_socket(question, candidate, descriptor)
                       : verb == "table" ? give_table(question, candidate, others, descriptor)
                                         : give_counter(question);
  if (descriptor >= 0) candidate.worker->channel().send(answer, std::span(&descriptor, 1));
  else candidate.worker->channel().send(answer);
}

std::string Supplies::give_socket(const Message& question, Slot& candidate, int& descriptor) {
  const RingSocket* socket = nullptr;
  std::string why = resources_.packet_socket(question.after(1), socket);
  candidate.lacks |= !why.empty();
  if (!why.empty()) return "error " + why;
  candidate.needs.interfaces.emplace(question.after(1));
  descriptor = socket->fd.get();
  return "ok " + std::to_string(socket->frame_size) + " " + std::to_string(socket->frame_count);
}

std::string Supplies::give_table(const Message& question, Slot& candidate, const Others& others, int& descriptor) {
  TableKey key{std::string(question.word(1)), question.number(2, 16), question.number(3)};
  if (key.name.empty() || key.bytes == 0) return "error a table needs a name, a layout and a size";
  TableUse use;
  if (std::string why = find_table(key, others, use); !why.empty()) return "error " + why;
  descriptor = use.memory->fd();
  candidate.needs.tables[key.name] = use;
  return std::string(use.fresh ? "ok new " : "ok adopted ") + std::to_string(key.bytes);
}

std::string Supplies::give_counter(const Message& question) {
  int index = resources_.counter(question.after(1));
  return index >= 0 ? "ok " + std::to_string(index)
                    : "error all " + std::to_string(SharedPage::kCounters) + " counters are in use";
}

// Records come from the first that has them: the checkpoint that the takeover names, memory, the newest checkpoint.
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
  // An element that goes on without its records is better than none.
  if (!use.memory && !use.source) restoring_.from_newest(key, use);
  use.fresh = !use.memory;
  return use.fresh ? resources_.create_table(key, !use.from.empty(), use.memory) : "";
}

}  // namespace clickup
