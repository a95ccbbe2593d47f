#include "supervisor/checkpoint_reader.hh"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "state_table/state_image.hh"
#include "supervisor/checkpoint_parts.hh"

namespace clickup {
namespace {

using Kind = CheckpointVerdict::Kind;

template <size_t width>
bool ends_with_zero(const char (&text)[width]) {
  return text[width - 1] == 0;
}

// Verifies a file from its first byte to its last. Functions return an error, empty for none.
class Verification {
 public:
  Verification(int fd, uint64_t bytes, const CheckpointClock& now) : parts_(fd, bytes), now_(now) {}

  CheckpointVerdict all(CheckpointHeader& header, std::vector<CheckpointTable>& tables) {
    CheckpointVerdict verdict = read_header(header);
    for (uint32_t number = 0; verdict.good() && number < header.tables; ++number) {
      CheckpointTable table;
      if (std::string why = read_table(number, CheckpointRebase(header, now_), table); !why.empty())
        verdict = {Kind::damaged, "table " + std::to_string(number) + ": " + why};
      tables.push_back(std::move(table));
    }
    if (verdict.good() && !whole())
      verdict = {Kind::damaged, "the end of the file is missing or does not fit what is before it"};
    return verdict;
  }

 private:
  CheckpointVerdict read_header(CheckpointHeader& header) {
    if (!parts_.load(sizeof header)) return {Kind::damaged, "is too short for a checkpoint"};
    header = parts_.head<CheckpointHeader>();
    if (std::memcmp(header.magic, kCheckpointMagic, sizeof header.magic) != 0)
      return {Kind::damaged, "does not begin as a checkpoint does"};
    if (!parts_.sound()) return {Kind::damaged, "its header has a wrong checksum"};
    if (header.format != kCheckpointFormat || header.bytes != sizeof header)
      return {Kind::unreadable, "has format " + std::to_string(header.format) + ", this program reads format " +
                                    std::to_string(kCheckpointFormat)};
    if (!ends_with_zero(header.instance) || !ends_with_zero(header.release) || !ends_with_zero(header.reason))
      return {Kind::damaged, "its header has names without an end"};
    parts_.end_part();
    return {};
  }

  std::string read_table(uint32_t number, const CheckpointRebase& rebase, CheckpointTable& table) {
    if (std::string why = read_table_header(table); !why.empty()) return why;
    table.number = number;
    table.blocks_at = parts_.at();
    BlockReader blocks(parts_, number, table.header.value_size);
    while (blocks.next([&](uint64_t deadline, const uint8_t*) { table.live += rebase.deadline(deadline) != 0; })) {}
    if (!blocks.why().empty()) return blocks.why();
    table.records = blocks.records();
    if (!parts_.load(sizeof(CheckpointTableEnd)) || !parts_.sound())
      return "its end is missing or has a wrong checksum";
    auto end = parts_.head<CheckpointTableEnd>();
    if (end.magic != kCheckpointTableEndMagic || end.table != number || end.records != blocks.records() ||
        end.blocks_crc != blocks.blocks_crc())
      return "its end does not fit its blocks";
    records_ += table.records;
    parts_.end_part();
    return table.records > table.header.capacity ? "it has more records than it can hold" : "";
  }

  std::string read_table_header(CheckpointTable& table) {
    const CheckpointTableHeader& header = table.header;
    if (!parts_.load(sizeof header)) return "its header is cut off";
    table.header = parts_.head<CheckpointTableHeader>();
    uint64_t padded = padded_to_words(header.descriptor_length);
    bool begins = std::memcmp(header.magic, kCheckpointTableMagic, sizeof header.magic) == 0 &&
                  header.bytes == sizeof header + padded + sizeof(CheckpointPartEnd);
    if (!begins || !parts_.load(header.bytes) || !parts_.sound())
      return "its header is cut off or has a wrong checksum";
    table.descriptor.assign(reinterpret_cast<const char*>(parts_.data()) + sizeof header, header.descriptor_length);
    parts_.end_part();
    return contradictions(header);
  }
  // Mistakes that a file with right CRCs can have only if it was written by another program.
  static std::string contradictions(const CheckpointTableHeader& header) {
    bool sizes = header.value_size % sizeof(uint64_t) == 0 && header.key_size > 0 &&
                 header.key_size <= header.value_size && header.value_size <= kMostValueBytes &&
                 header.capacity >= kMinCapacity && header.capacity <= kMaxCapacity &&
                 header.clock_field_count <= kMostClockFields && ends_with_zero(header.name);
    for (uint32_t i = 0; sizes && i < header.clock_field_count; ++i)
      sizes = header.clock_fields[i] % sizeof(uint64_t) == 0 && header.clock_fields[i] < header.value_size;
    return sizes ? "" : "its sizes contradict each other";
  }

  bool whole() {
    if (!parts_.load(sizeof(CheckpointEnd)) || !parts_.sound()) return false;
    auto end = parts_.head<CheckpointEnd>();
    return std::memcmp(end.magic, kCheckpointEndMagic, sizeof end.magic) == 0 && end.records == records_ &&
           end.bytes == parts_.bytes() && parts_.at() + sizeof end == parts_.bytes() &&
           end.parts_crc == parts_.parts_crc();
  }

  static constexpr uint32_t kMostValueBytes = 1 << 20;

  PartReader parts_;
  const CheckpointClock& now_;
  uint64_t records_ = 0;
};

// Keeps the table's statistics.
void restore_counters(const CheckpointTableHeader& from, std::span<uint8_t> memory) {
  auto* header = reinterpret_cast<StateHeader*>(memory.data());
  header->evicted = from.evicted;
  header->refused = from.refused;
  header->expired = from.expired;
  header->recovered = from.recovered;
  header->discarded = from.discarded;
}

}  // namespace

StateShape CheckpointTable::shape() const {
  StateShape shape;
  shape.name = name();
  shape.layout_version = header.layout_version;
  shape.layout_hash = header.layout_hash;
  shape.value_size = header.value_size;
  shape.key_size = header.key_size;
  shape.capacity = header.capacity;
  shape.descriptor = descriptor;
  shape.clock_fields = std::span(header.clock_fields, header.clock_field_count);
  shape.hash_seed = header.hash_seed;
  return shape;
}

CheckpointVerdict CheckpointReader::open(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {Kind::unreadable, std::string("cannot be opened: ") + std::strerror(errno)};
  return open(std::move(file), CheckpointClock::now());
}

CheckpointVerdict CheckpointReader::open(FileDescriptor file, const CheckpointClock& now) {
  file_ = std::move(file);
  now_ = now;
  tables_.clear();
  struct stat status;
  if (::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {Kind::unreadable, "is no file"};
  bytes_ = uint64_t(status.st_size);
  CheckpointVerdict verdict = Verification(file_.get(), bytes_, now_).all(header_, tables_);
  if (!verdict.good()) tables_.clear();
  return verdict;
}

const CheckpointTable* CheckpointReader::table(std::string_view name) const {
  for (const CheckpointTable& table : tables_)
    if (table.name() == name) return &table;
  return nullptr;
}

std::string CheckpointReader::restore(const CheckpointTable& table, std::span<uint8_t> memory,
                                      RestoredTable& counts) const {
  StateImage image;
  if (std::string why = image.create(memory.data(), memory.size(), table.shape()); !why.empty()) return why;
  CheckpointRebase rebase(header_, now_);
  std::vector<uint64_t> words(table.header.value_size / sizeof(uint64_t));
  // From last to first: of two records with the same key, the one written later is then found first.
  uint32_t left = uint32_t(table.live);
  bool changed = false;
  auto put = [&](uint64_t written, const uint8_t* value) {
    uint64_t deadline = rebase.deadline(written);
    if (deadline == 0) return;
    if (left == 0) {
      changed = true;
      return;
    }
    std::memcpy(words.data(), value, table.header.value_size);
    for (uint32_t i = 0; i < table.header.clock_field_count; ++i) {
      uint64_t& moment = words[table.header.clock_fields[i] / sizeof(uint64_t)];
      moment = rebase.moment(moment);
    }
    image.put(--left, deadline, words.data());
  };
  PartReader parts(file_.get(), bytes_, table.blocks_at);
  BlockReader blocks(parts, table.number, table.header.value_size);
  while (blocks.next(put)) {}
  if (changed || left != 0 || blocks.records() != table.records) return "the checkpoint changed while it was read";
  restore_counters(table.header, memory);
  image.finish(uint32_t(table.live));
  counts = {table.live, table.records - table.live};
  return {};
}

bool open_newest_checkpoint(const std::string& directory, std::string_view instance, CheckpointReader& reader,
                            StoredCheckpoint& opened,
                            const std::function<void(const StoredCheckpoint&, const CheckpointVerdict&)>& tell) {
  std::vector<StoredCheckpoint> found;
  list_checkpoints(directory, found);
  for (StoredCheckpoint& stored : found) {
    CheckpointVerdict verdict = reader.open(stored.path);
    if (verdict.kind == Kind::damaged) set_checkpoint_aside(stored);
    std::string_view owner = reader.header().instance;
    if (verdict.good() && owner != instance && !owner.empty() && !instance.empty())
      verdict = {Kind::unreadable, "is of another instance, '" + std::string(owner) + "'"};
    if (!verdict.good()) tell(stored, verdict);
    if (!verdict.good()) continue;
    opened = std::move(stored);
    return true;
  }
  return false;
}

}  // namespace clickup
