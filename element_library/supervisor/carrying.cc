// Carries records between tables of different layouts or sizes: starts the carrier, tells it and listens to it.
#include <algorithm>

#include "supervisor/supervisor.hh"

namespace clickup {
namespace {
constexpr uint32_t kMostCarriers = 3;  // for one takeover, probation or revert
}  // namespace

// What the current release writes to.
std::shared_ptr<const TableMemory> Supervisor::live_memory(const std::string& name) const {
  if (!current_) return nullptr;
  auto live = current_->needs.tables.find(name);
  return live != current_->needs.tables.end() ? live->second.memory : nullptr;
}

// Where the records for this memory are carried from, if they have to be. Going back from restored records is going
// back to those before.
std::shared_ptr<const TableMemory> Supervisor::source_of(const TableMemory* memory, const std::string& name,
                                                         bool back) const {
  std::shared_ptr<const TableMemory> live = live_memory(name);
  return !live || live.get() == memory || (back && live->restored()) ? nullptr : live;
}

void Supervisor::find_sources(Slot& slot) const {
  for (auto& [name, use] : slot.needs.tables) use.source = source_of(use.memory.get(), name, true);
}

bool Supervisor::must_carry(const Slot& slot) {
  const auto& tables = slot.needs.tables;
  return std::any_of(tables.begin(), tables.end(), [](const auto& table) { return table.second.source != nullptr; });
}

// The release that named the carrier: the newer one of the two between which it carries.
const Release& Supervisor::carrying() const {
  return life_.purpose == Purpose::revert ? current_->what : candidate_->what;
}

void Supervisor::await_progress() { phase_deadline_ = boot_time_ns() + carrying().start_timeout_ms * kMillisecond; }

void Supervisor::carry() {
  if (!carrier_ && !start_carrier(carrying(), *candidate_)) return;
  if (carriage_.began == 0) carriage_.began = boot_time_ns();
  await_progress();
  if (life_.current_alive) Scheduling::step_back(carrier_->pid());
  else place(carrier_, Rank::carrier);
  carrier_->channel().send(std::string("carry ") + company());
}

void Supervisor::carry_back() {
  if (carrier_ || start_carrier(current_->what, *previous_)) carrier_->channel().send("watch");
}

bool Supervisor::start_carrier(const Release& knows, const Slot& target) {
  if (carriers_++ >= kMostCarriers) {
    log_.add("carrier_given_up", {{"release", target.what.release}, {"carrier", knows.carrier}});
    feed(Event::cannot_carry);
    return false;
  }
  std::string why = WorkerProcess::start(knows.carrier, {"--carry", "3"}, next_turn_++, carrier_);
  if (!why.empty()) {
    lose_carrier(why);
    return false;
  }
  log_.add("carrier_started",
           {{"pid", std::to_string(carrier_->pid())}, {"release", target.what.release}, {"driver", knows.carrier}});
  carriage_.impossible.clear();
  int page = resources_.page_memory();
  carrier_->channel().send("welcome " + std::to_string(kProtocol), std::span(&page, 1));
  for (const auto& [name, use] : target.needs.tables) {
    if (!use.source) continue;
    int memories[] = {use.source->fd(), use.memory->fd()};
    carrier_->channel().send(
        "table " + name + " " + hexadecimal(use.source->key().layout) + " " + hexadecimal(use.memory->key().layout),
        memories);
  }
  show_rings();
  return true;
}

void Supervisor::show_rings() {
  for (const auto& [name, ring] : resources_.rings()) {
    int socket = ring->fd.get();
    carrier_->channel().send(
        "ring " + name + " " + std::to_string(ring->frame_size) + " " + std::to_string(ring->frame_count),
        std::span(&socket, 1));
  }
}

void Supervisor::prepare_carrier() {
  place(carrier_, Rank::carrier);
  uint32_t next = candidate_->worker->turn();
  carrier_->channel().send("prepare " + std::to_string(carrier_->turn()) + " " + std::to_string(next) +
                           (life_.purpose == Purpose::upgrade && life_.current_alive ? " in_time" : " anyway"));
}

void Supervisor::on_carrier_message(const Message& message) {
  std::string_view verb = message.word(0);
  if (verb == "progress" && life_.phase == Phase::carrying) await_progress();
  if (verb == "cannot") note_uncarried(std::string(message.word(1)), message.after(2));
  if (verb == "carried" && life_.phase == Phase::carrying) {
    carriage_.precopy_ms = (boot_time_ns() - carriage_.began) / kMillisecond;
    feed(Event::carried);
  }
  if (verb == "prepared") feed(Event::carrier_prepared);
  if (verb == "behind") give_up_carrying(message);
  if (verb == "rounds") {
    carriage_.rounds = message.number(1);
    carriage_.last_records = message.number(2);
  }
  if (verb == "counts") note_carried(message);
}

void Supervisor::give_up_carrying(const Message& message) {
  auto microseconds = [&message](size_t index) { return std::to_string(message.number(index) / 1000) + " us"; };
  lose_candidate(Cause::traffic, "records change faster than they can be carried: the last " +
                                     std::to_string(message.number(2)) + " took " + microseconds(1) +
                                     ", and the receive rings hold what comes for " + microseconds(3) +
                                     "; try again when there is less traffic, or raise spec.memory of the device");
}

void Supervisor::note_uncarried(const std::string& table, std::string_view why) {
  log_.add("table_not_carried", {{"table", table}, {"reason", std::string(why)}});
  carriage_.impossible.insert(table);
  if (life_.phase != Phase::carrying) return;
  if (life_.purpose != Purpose::revert && !candidate_->what.lose.contains(table))
    return lose_candidate(Cause::state, "the records of table '" + table + "' cannot be carried: " + std::string(why) +
                                            "; give a `carrier` that can, or let it start empty with lose=" + table);
  const auto& tables = candidate_->needs.tables;
  auto possible = [this](const auto& table) {
    return table.second.source && !carriage_.impossible.contains(table.first);
  };
  if (std::none_of(tables.begin(), tables.end(), possible)) feed(Event::cannot_carry);
}

void Supervisor::note_carried(const Message& message) {
  CopyCounts counts{message.number(2), message.number(3), message.number(4)};
  carriage_.counts[std::string(message.word(1))] = counts;
  log_.add("table_carried", {{"table", std::string(message.word(1))},
                             {"migrated", std::to_string(counts.migrated)},
                             {"expired", std::to_string(counts.expired)},
                             {"lost", std::to_string(counts.lost)}});
}

// It died, could not be started, or was given up.
void Supervisor::lose_carrier(const std::string& why) {
  log_.add("carrier_lost", {{"pid", carrier_ ? std::to_string(carrier_->pid()) : ""}, {"reason", why}});
  if (carrier_) carrier_->kill();
  if (carrier_) leaving_.push_back(std::move(carrier_));
  bool handing_over = life_.phase == Phase::pausing || life_.phase == Phase::resuming;
  if (handing_over && resources_.page().turn == candidate_->worker->turn()) return;  // it had done its work
  if (advance(life_, Event::carrier_lost).next.phase == Phase::undoing) explain(Cause::state, "the carrier " + why);
  feed(Event::carrier_lost);
}

std::map<std::string, StateReport> Supervisor::fates(const Slot& slot) const {
  std::map<std::string, StateReport> found;
  for (const auto& [name, use] : slot.needs.tables) {
    StateReport& report = found[name];
    auto carried = carriage_.counts.find(name);
    if (use.source && carried != carriage_.counts.end()) {
      report = {"migrated", 0, carried->second.migrated, carried->second.expired, carried->second.lost, ""};
    } else {
      report.fate = use.source ? "lost" : use.fresh ? "new" : "kept";
      report.kept = use.memory->facts().records;
      if (use.source) report.lost = use.source->facts().records;
    }
    report.from = use.from;
    report.expired += use.expired;
    if (!use.from.empty() && report.fate != "lost") report.fate = "restored";
  }
  return found;
}

}  // namespace clickup
