// The checkpoint reader: a file as it is, and again with every checksum corrected, so that code behind the checksums is
// reached too. Files that verify are restored.
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/input.hh"
#include "state_table/state_reader.hh"
#include "supervisor/checkpoint_reader.hh"
#include "supervisor/crc32.hh"

using namespace clickup;

namespace {

class Repair {
 public:
  explicit Repair(std::vector<uint8_t>& file) : file_(file) {}

  // As far as the parts can be recognised.
  void all() {
    CheckpointHeader header{};
    if (!head(header) || !close(sizeof header)) return;
    for (uint32_t number = 0; number < std::min(header.tables, 8u); ++number)
      if (!table()) return;
    CheckpointEnd end{};
    if (!head(end)) return;
    end.parts_crc = parts_crc_;
    put(end);
    close(sizeof end);
  }

 private:
  bool table() {
    CheckpointTableHeader header{};
    if (!head(header) || header.bytes < sizeof header || !close(header.bytes)) return false;
    uint32_t blocks_crc = 0;
    for (CheckpointBlock block{}; head(block) && block.magic == kCheckpointBlockMagic;) {
      uint64_t records = block.records * (sizeof(uint64_t) + header.value_size);
      if (!close(sizeof block + records + sizeof(CheckpointPartEnd))) return false;
      blocks_crc = crc32(&file_[at_ - 4], 4, blocks_crc);
    }
    CheckpointTableEnd end{};
    if (!head(end)) return false;
    end.blocks_crc = blocks_crc;
    put(end);
    return close(sizeof end);
  }

  template <class Part>
  bool head(Part& part) const {
    if (sizeof part > file_.size() - at_) return false;
    std::memcpy(static_cast<void*>(&part), &file_[at_], sizeof part);
    return true;
  }
  template <class Part>
  void put(const Part& part) {
    std::memcpy(&file_[at_], &part, sizeof part);
  }
  bool close(uint64_t bytes) {
    if (bytes > file_.size() - at_) return false;
    uint32_t crc = crc32(&file_[at_], bytes - 4);
    at_ += bytes;
    std::memcpy(&file_[at_ - 4], &crc, sizeof crc);
    parts_crc_ = crc32(&crc, sizeof crc, parts_crc_);
    return true;
  }

  std::vector<uint8_t>& file_;
  size_t at_ = 0;
  uint32_t parts_crc_ = 0;
};

void restore(const CheckpointReader& reader, const CheckpointTable& table) {
  constexpr uint64_t kMost = 64 << 20;
  uint64_t bytes = state_bytes(table.shape());
  if (bytes > kMost) return;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  PROMISE(memory != MAP_FAILED);
  RestoredTable counts;
  std::string why = reader.restore(table, {static_cast<uint8_t*>(memory), bytes}, counts);
  StateReader restored;
  PROMISE(why.empty() && restored.attach(memory, bytes).empty());
  PROMISE(counts.restored + counts.expired == table.records && restored.records() == counts.restored);
  StateRecord record;
  for (uint32_t i = 0; i < restored.records(); ++i)
    PROMISE(restored.copy(i, record) && record.deadline > 0 && record.deadline < kFreeDeadline);
  munmap(memory, bytes);
}

void read(int file, const std::vector<uint8_t>& bytes) {
  PROMISE(ftruncate(file, off_t(bytes.size())) == 0);
  PROMISE(pwrite(file, bytes.data(), bytes.size(), 0) == ssize_t(bytes.size()));
  CheckpointReader reader;
  CheckpointClock now{{1}, 1'000'000'000'000, 1'700'000'000'000'000'000};
  if (!reader.open(FileDescriptor(dup(file)), now).good()) return;
  for (const CheckpointTable& table : reader.tables()) restore(reader, table);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static int file = memfd_create("checkpoint", MFD_CLOEXEC);
  std::vector<uint8_t> bytes(data, data + size);
  read(file, bytes);
  Repair(bytes).all();
  read(file, bytes);
  return 0;
}
