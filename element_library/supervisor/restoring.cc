// Records to and from checkpoints.
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "supervisor/supervisor.hh"

namespace clickup {
namespace {

std::string fill(const TableMemory& memory, const CheckpointReader& reader, const CheckpointTable& table,
                 RestoredTable& counts) {
  size_t bytes = size_t(memory.key().bytes);
  void* address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.fd(), 0);
  if (address == MAP_FAILED) return std::string("mmap: ") + std::strerror(errno);
  std::string why = reader.restore(table, {static_cast<uint8_t*>(address), bytes}, counts);
  ::munmap(address, bytes);
  return why;
}

}  // namespace

void Supervisor::checkpoint(std::string_view reason, ReplyFunction reply) {
  if (!current_ || life_.phase == Phase::stopping)
    return reply({520, "checkpoint: no release runs whose state could be written"});
  checkpoints_.ask(reason.empty() ? "asked for" : std::string(reason), std::move(reply));
}

HandlerReply Supervisor::change_checkpoints(std::string_view settings) {
  std::string why = checkpoints_.change(settings);
  if (!why.empty()) return {520, "checkpoints: " + why};
  return {200, {}};
}

void Supervisor::write_checkpoint() {
  if (!current_) return checkpoints_.refuse("no release runs any more whose state could be written");
  std::vector<CheckpointMemory> tables;
  for (const auto& [name, use] : current_->needs.tables) tables.push_back({name, use.memory->fd()});
  // What releases before it kept stays on disk.
  if (tables.empty()) return checkpoints_.refuse("the release that runs has no tables");
  checkpoints_.begin(current_->what.release, tables);
}

std::string Supervisor::open_asked(const std::string& path) {
  asked_.reset();
  if (path.empty()) return {};
  asked_.emplace().path = path;
  CheckpointVerdict verdict = asked_->reader.open(path);
  if (verdict.good()) return {};
  asked_.reset();
  return "restore='" + path + "': the checkpoint " + verdict.text;
}

// The one that the takeover names. It is for that takeover: a restart or a revert finds records in memory.
const Supervisor::OpenCheckpoint* Supervisor::asked_checkpoint() {
  bool asked = asked_ && (life_.purpose == Purpose::start || life_.purpose == Purpose::upgrade);
  return asked ? &*asked_ : nullptr;
}

// Looked for once a loading release, since verifying it takes time.
const Supervisor::OpenCheckpoint* Supervisor::newest_checkpoint() {
  const std::string& directory = checkpoints_.settings().directory;
  if (directory.empty()) return nullptr;
  if (!newest_) {
    newest_.emplace();
    StoredCheckpoint opened;
    open_newest_checkpoint(directory, checkpoints_.instance(), newest_->reader, opened,
                           [this](const StoredCheckpoint& stored, const CheckpointVerdict& verdict) {
                             bool damaged = verdict.kind == CheckpointVerdict::Kind::damaged;
                             log_.add(damaged ? "checkpoint_damaged" : "checkpoint_passed_over",
                                      {{"file", stored.path}, {"text", verdict.text}});
                           });
    newest_->path = opened.path;
  }
  return newest_->path.empty() ? nullptr : &*newest_;
}

// Memory of its own with the table's records: as it is when layout and size are those asked for, else a source that is
// carried from. `use` stays as it was when there is no such table. Returns what went wrong, else an empty string.
std::string Supervisor::restore(const OpenCheckpoint* checkpoint, const TableKey& key, TableUse& use) {
  const CheckpointTable* table = checkpoint ? checkpoint->reader.table(key.name) : nullptr;
  if (!table) return {};
  TableKey written{key.name, table->header.layout_hash, state_bytes(table->shape())};
  std::shared_ptr<const TableMemory> memory;
  std::string why = resources_.create_table(written, true, memory);
  RestoredTable counts;
  if (why.empty()) why = fill(*memory, checkpoint->reader, *table, counts);
  if (!why.empty()) {
    log_.add("table_not_restored", {{"table", key.name}, {"file", checkpoint->path}, {"reason", why}});
    return "state table '" + key.name + "' cannot be restored from '" + checkpoint->path + "': " + why;
  }
  log_.add("table_restored", {{"table", key.name},
                              {"file", checkpoint->path},
                              {"records", std::to_string(counts.restored)},
                              {"expired", std::to_string(counts.expired)}});
  (written == key ? use.memory : use.source) = memory;
  use.from = checkpoint->path;
  use.expired = counts.expired;
  return {};
}

}  // namespace clickup
