#include "supervisor/carrying.hh"

#include <algorithm>
#include <array>
#include <span>

#include "shared/causes.hh"
#include "shared/time_units.hh"
#include "supervisor/event_log.hh"
#include "supervisor/resources.hh"
#include "supervisor/scheduling.hh"

namespace clickup {
namespace {

constexpr uint32_t kMostCarriers = 3;  // for one takeover, probation or revert

StateReport fate_of(const TableUse& use, const CopyCounts* carried) {
  StateReport report;
  if (use.source && carried) {
    report = {"migrated", 0, carried->migrated, carried->expired, carried->lost, ""};
  } else {
    report.fate = use.source ? "lost" : use.fresh ? "new" : "kept";
    report.kept = use.memory->facts().records;
    if (use.source) report.lost = use.source->facts().records;
  }
  report.from = use.from;
  report.expired += use.expired;
  if (!use.from.empty() && report.fate != "lost") report.fate = "restored";
  return report;
}

}  // namespace

void Carrying::begin() {
  carriage_ = {};
  started_ = 0;
}

bool Carrying::given_up() const { return started_ >= kMostCarriers; }

std::string Carrying::start(const Release& knows, const Slot& target, uint32_t turn) {
  ++started_;
  std::string why = WorkerProcess::start(knows.carrier, {"--carry", "3"}, turn, carrier_);
  if (!why.empty()) return why;
  log_.add("carrier_started",
           {{"pid", std::to_string(carrier_->pid())}, {"release", target.what.release}, {"driver", knows.carrier}});
  carriage_.impossible.clear();
  int page = resources_.page_memory();
  carrier_->channel().send("welcome " + std::to_string(kProtocol), std::span(&page, 1));
  show_tables(target.needs);
  show_rings();
  return {};
}

void Carrying::show_tables(const Needs& needs) {
  for (const auto& [name, use] : needs.tables) {
    if (!use.source) continue;
    int memories[] = {use.source->fd(), use.memory->fd()};
    carrier_->channel().send(
        "table " + name + " " + hexadecimal(use.source->key().layout) + " " + hexadecimal(use.memory->key().layout),
        memories);
  }
}

void Carrying::show_rings() {
  for (const auto& [name, ring] : resources_.rings()) {
    int socket = ring->fd.get();
    carrier_->channel().send(
        "ring " + name + " " + std::to_string(ring->frame_size) + " " + std::to_string(ring->frame_count),
        std::span(&socket, 1));
  }
}

void Carrying::carry(bool beside) {
  if (carriage_.began == 0) carriage_.began = boot_time_ns();
  if (beside) Scheduling::step_back(carrier_->pid());
  else if (!carrier_->dead()) scheduling_.place(carrier_->pid(), Rank::carrier);
  carrier_->channel().send(beside ? "carry beside" : "carry alone");
}

void Carrying::watch() { carrier_->channel().send("watch"); }

void Carrying::prepare(uint32_t next, bool in_time) {
  if (!carrier_->dead()) scheduling_.place(carrier_->pid(), Rank::carrier);
  carrier_->channel().send("prepare " + std::to_string(carrier_->turn()) + " " + std::to_string(next) +
                           (in_time ? " in_time" : " anyway"));
}

void Carrying::note_precopied() { carriage_.precopy_ms = (boot_time_ns() - carriage_.began) / kMillisecond; }

void Carrying::note_rounds(uint64_t rounds, uint64_t last_records) {
  carriage_.rounds = rounds;
  carriage_.last_records = last_records;
}

void Carrying::note_counts(const std::string& table, const CopyCounts& counts) {
  carriage_.counts[table] = counts;
  log_.add("table_carried", {{"table", table},
                             {"migrated", std::to_string(counts.migrated)},
                             {"expired", std::to_string(counts.expired)},
                             {"lost", std::to_string(counts.lost)}});
}

void Carrying::note_impossible(const std::string& table, std::string_view why) {
  log_.add("table_not_carried", {{"table", table}, {"reason", std::string(why)}});
  carriage_.impossible.insert(table);
}

bool Carrying::possible(const Needs& needs) const {
  return std::any_of(needs.tables.begin(), needs.tables.end(), [this](const auto& table) {
    return table.second.source && !carriage_.impossible.contains(table.first);
  });
}

std::map<std::string, StateReport> Carrying::fates(const Needs& needs) const {
  std::map<std::string, StateReport> found;
  for (const auto& [name, use] : needs.tables) {
    auto carried = carriage_.counts.find(name);
    found[name] = fate_of(use, carried != carriage_.counts.end() ? &carried->second : nullptr);
  }
  return found;
}

}  // namespace clickup
