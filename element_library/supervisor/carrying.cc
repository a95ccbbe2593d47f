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
  carrier_->channel().send(encode(orders::Welcome{kProtocol}), std::span(&page, 1));
  show_tables(target.needs);
  show_rings();
  return {};
}

void Carrying::show_tables(const Needs& needs) {
  for (const auto& [name, use] : needs.tables) {
    if (!use.source) continue;
    int memories[] = {use.source->fd(), use.memory->fd()};
    orders::Table order{name, {use.source->key().layout}, {use.memory->key().layout}};
    carrier_->channel().send(encode(order), memories);
  }
}

void Carrying::show_rings() {
  for (const auto& [name, ring] : resources_.rings()) {
    int socket = ring->fd.get();
    carrier_->channel().send(encode(orders::Ring{name, ring->frame_size, ring->frame_count}), std::span(&socket, 1));
  }
}

void Carrying::carry(Concurrency concurrency) {
  if (carriage_.began == 0) carriage_.began = boot_time_ns();
  if (concurrency == Concurrency::beside) Scheduling::step_back(carrier_->pid());
  else if (!carrier_->dead()) scheduling_.place(carrier_->pid(), Rank::carrier);
  carrier_->channel().send(encode(orders::Carry{concurrency}));
}

void Carrying::watch() { carrier_->channel().send(word_of(Order::watch)); }

void Carrying::prepare(uint32_t next, Haste haste) {
  if (!carrier_->dead()) scheduling_.place(carrier_->pid(), Rank::carrier);
  carrier_->channel().send(encode(orders::PrepareCarrier{carrier_->turn(), next, haste}));
}

void Carrying::note_precopied() { carriage_.precopy_ms = (boot_time_ns() - carriage_.began) / kMillisecond; }

void Carrying::note(const notices::Rounds& told) {
  carriage_.rounds = told.rounds;
  carriage_.last_records = told.last_records;
}

void Carrying::note(const notices::Counts& told) {
  carriage_.counts[told.table] = {told.migrated, told.expired, told.lost};
  log_.add("table_carried", {{"table", told.table},
                             {"migrated", std::to_string(told.migrated)},
                             {"expired", std::to_string(told.expired)},
                             {"lost", std::to_string(told.lost)}});
}

void Carrying::note(const notices::Cannot& told) {
  log_.add("table_not_carried", {{"table", told.table}, {"reason", told.why.text}});
  carriage_.impossible.insert(told.table);
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
