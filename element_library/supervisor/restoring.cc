#include "supervisor/restoring.hh"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "supervisor/checkpoints.hh"
#include "supervisor/event_log.hh"
#include "supervisor/resources.hh"

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

std::string Restoring::name(const std::string& path) {
  named_.reset();
  if (path.empty()) return {};
  named_.emplace().path = path;
  CheckpointVerdict verdict = named_->reader.open(path);
  if (verdict.good()) return {};
  named_.reset();
  return "restore='" + path + "': the checkpoint " + verdict.text;
}

void Restoring::end() {
  named_.reset();
  newest_.reset();
}

std::string Restoring::from_named(const TableKey& key, TableUse& use) {
  return named_ ? restore(*named_, key, use) : "";
}

// Searched for once per loading release, since verifying it takes time.
std::string Restoring::from_newest(const TableKey& key, TableUse& use) {
  const std::string& directory = checkpoints_.settings().directory;
  if (directory.empty()) return {};
  if (!newest_) open_newest(directory);
  return newest_->path.empty() ? "" : restore(*newest_, key, use);
}

void Restoring::open_newest(const std::string& directory) {
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

std::string Restoring::restore(const OpenCheckpoint& checkpoint, const TableKey& key, TableUse& use) {
  const CheckpointTable* table = checkpoint.reader.table(key.name);
  if (!table) return {};
  TableKey written{key.name, table->header.layout_hash, state_bytes(table->shape())};
  std::shared_ptr<const TableMemory> memory;
  std::string why = resources_.create_table(written, true, memory);
  RestoredTable counts;
  if (why.empty()) why = fill(*memory, checkpoint.reader, *table, counts);
  if (!why.empty()) {
    log_.add("table_not_restored", {{"table", key.name}, {"file", checkpoint.path}, {"reason", why}});
    return "state table '" + key.name + "' cannot be restored from '" + checkpoint.path + "': " + why;
  }
  log_.add("table_restored", {{"table", key.name},
                              {"file", checkpoint.path},
                              {"records", std::to_string(counts.restored)},
                              {"expired", std::to_string(counts.expired)}});
  (written == key ? use.memory : use.source) = memory;
  use.from = checkpoint.path;
  use.expired = counts.expired;
  return {};
}

}  // namespace clickup
