// What workers say over their channel, and what they get.
#include <algorithm>
#include <array>

#include "supervisor/supervisor.hh"

namespace clickup {
namespace {
constexpr std::array<std::string_view, 11> kVerbs{"socket",      "table",        "counter",     "ready",
                                                  "failed",      "prepared",     "paused",      "running",
                                                  "ring_mapped", "ring_refused", "ring_changed"};
}  // namespace

// Workers ask for resources while they load; what they were given is remembered as the need of their release.
void Supervisor::on_message(WorkerProcess& worker, const Message& message) {
  if (carrier_.get() == &worker) return on_carrier_message(message);
  std::string_view verb = message.word(0);
  if (verb == "version") return worker.speaks(std::min(kProtocol, unsigned(message.number(1))));
  if (verb == "unknown")
    return log_.add("unknown_order", {{"pid", std::to_string(worker.pid())}, {"order", std::string(message.word(1))}});
  if (std::find(kVerbs.begin(), kVerbs.end(), verb) == kVerbs.end()) {
    worker.channel().send("error version " + std::to_string(kProtocol) + " of the supervisor does not know '" +
                          std::string(verb) + "'");
    return;
  }
  if (verb != "socket" && verb != "table" && verb != "counter") return on_progress(worker, message);
  if (!candidate_ || candidate_->worker.get() != &worker) {
    worker.channel().send("error only a worker that loads is given resources");
    return;
  }
  int descriptor = -1;
  std::string answer;
  if (verb == "socket") answer = give_socket(*candidate_, message, descriptor);
  if (verb == "table") answer = give_table(*candidate_, message, descriptor);
  if (verb == "counter") {
    int index = resources_.counter(message.after(1));
    answer = index >= 0 ? "ok " + std::to_string(index)
                        : "error all " + std::to_string(SharedPage::kCounters) + " counters are in use";
  }
  if (descriptor >= 0) worker.channel().send(answer, std::span(&descriptor, 1));
  else worker.channel().send(answer);
}

std::string Supervisor::give_socket(Slot& slot, const Message& message, int& descriptor) {
  const RingSocket* socket = nullptr;
  std::string why = resources_.packet_socket(message.after(1), socket);
  slot.lacks |= !why.empty();
  if (!why.empty()) return "error " + why;
  slot.needs.interfaces.emplace(message.after(1));
  descriptor = socket->fd.get();
  return "ok " + std::to_string(socket->frame_size) + " " + std::to_string(socket->frame_count);
}

std::string Supervisor::give_table(Slot& slot, const Message& message, int& descriptor) {
  TableKey key{std::string(message.word(1)), message.number(2, 16), message.number(3)};
  if (key.name.empty() || key.bytes == 0) return "error a table needs a name, a layout and a size";
  TableUse use;
  if (std::string why = find_table(key, use); !why.empty()) return "error " + why;
  descriptor = use.memory->fd();
  slot.needs.tables[key.name] = use;
  return std::string(use.fresh ? "ok new " : "ok adopted ") + std::to_string(key.bytes);
}

// Records come from the first that has them: the checkpoint that the takeover names, memory, the newest checkpoint.
std::string Supervisor::find_table(const TableKey& key, TableUse& use) {
  if (std::string why = restore(asked_checkpoint(), key, use); !why.empty()) return why;
  if (use.from.empty()) {
    use.memory = memory_of(key);
    use.source = source_of(use.memory.get(), key.name, life_.purpose == Purpose::revert);
  }
  if (use.memory && use.from.empty())
    log_.add("table_adopted",
             {{"table", key.name}, {"layout", hexadecimal(key.layout)}, {"bytes", std::to_string(key.bytes)}});
  // An element that goes on without its records is better than none.
  if (!use.memory && !use.source) restore(newest_checkpoint(), key, use);
  use.fresh = !use.memory;
  return use.fresh ? resources_.create_table(key, !use.from.empty(), use.memory) : "";
}

// What this release had before, or the one that forwards has; nullptr when it is of another layout or size.
std::shared_ptr<const TableMemory> Supervisor::memory_of(const TableKey& key) const {
  const auto& before = life_.purpose == Purpose::revert ? previous_ : current_;
  for (const auto* slot : {&before, &current_}) {
    if (!*slot) continue;
    auto known = (*slot)->needs.tables.find(key.name);
    if (known != (*slot)->needs.tables.end() && known->second.memory->key() == key) return known->second.memory;
  }
  return nullptr;
}

// Whoever was refused a socket by us says so as its own failure.
void Supervisor::on_failure(const WorkerProcess& worker, const Message& message) {
  bool says_cause = worker.protocol() >= kFirstWithCauses;
  Cause cause = says_cause ? cause_of(message.word(1), Cause::release) : Cause::release;
  if (candidate_->lacks) cause = Cause::device;
  lose_candidate(cause, std::string(message.after(says_cause ? 2 : 1)));
}

void Supervisor::on_progress(WorkerProcess& worker, const Message& message) {
  std::string_view verb = message.word(0);
  if (current_ && current_->worker.get() == &worker) {
    if (verb == "paused") feed(Event::paused);
    if (verb.starts_with("ring_")) on_ring_message(message);
    return;
  }
  if (!candidate_ || candidate_->worker.get() != &worker) return;
  if (verb == "ready") feed(must_carry(*candidate_) ? Event::ready_to_carry : Event::ready);
  if (verb == "prepared") feed(Event::prepared);
  if (verb == "failed") on_failure(worker, message);
  if (verb != "running") return;
  resources_.page().resumed_ns = message.number(1);
  waiting_ = message.number(2);
  if (carrier_) listen(*carrier_);  // it spoke before it passed the turn on
  feed(Event::running);
}

}  // namespace clickup
