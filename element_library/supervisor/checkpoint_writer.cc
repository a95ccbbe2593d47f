#include "supervisor/checkpoint_writer.hh"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "shared/file_descriptor.hh"
#include "supervisor/checkpoint_clock.hh"
#include "supervisor/checkpoint_stream.hh"

namespace clickup {
namespace {

constexpr size_t kBlockBytes = 512 << 10;

template <size_t width>
void store_text(char (&field)[width], std::string_view text) {
  text.copy(field, width - 1);
}

// One table's header, blocks and end.
class TableStream {
 public:
  TableStream(PartStream& out, const StateReader& table, uint32_t number)
      : out_(out), table_(table), number_(number), record_size_(sizeof(uint64_t) + table.header().value_size) {
    records_a_block_ = std::clamp<size_t>(kBlockBytes / record_size_, 1, kMostBlockRecords);
    block_.reserve(sizeof(CheckpointBlock) + records_a_block_ * record_size_ + sizeof(CheckpointPartEnd));
  }

  // Returns the number of records.
  uint64_t write(const std::string& name, uint64_t now) {
    write_header(name);
    for (uint32_t index = 0; index < table_.records() && out_.error() == 0; ++index) {
      if (copy(index) && record_.deadline > now) add_record();
    }
    if (!block_.empty()) end_block();
    CheckpointTableEnd end{kCheckpointTableEndMagic, number_, records_, blocks_crc_, 0};
    out_.put(end);
    return records_;
  }

 private:
  void write_header(const std::string& name) {
    const StateHeader& from = table_.header();
    CheckpointTableHeader header{};
    std::memcpy(header.magic, kCheckpointTableMagic, sizeof header.magic);
    std::string_view descriptor = table_.descriptor();
    uint64_t padded = padded_to_words(descriptor.size());
    header.bytes = uint32_t(sizeof header + padded + sizeof(CheckpointPartEnd));
    header.layout_version = from.layout_version;
    header.layout_hash = from.layout_hash;
    header.value_size = from.value_size;
    header.key_size = from.key_size;
    header.capacity = from.capacity;
    header.clock_field_count = from.clock_field_count;
    header.hash_seed = from.hash_seed;
    header.evicted = load_shared(from.evicted);
    header.refused = load_shared(from.refused);
    header.expired = load_shared(from.expired);
    header.recovered = load_shared(from.recovered);
    header.discarded = load_shared(from.discarded);
    std::copy_n(from.clock_fields, from.clock_field_count, header.clock_fields);
    header.descriptor_length = uint32_t(descriptor.size());
    store_text(header.name, name);
    std::vector<uint8_t> part(header.bytes);
    std::memcpy(part.data(), &header, sizeof header);
    std::memcpy(part.data() + sizeof header, descriptor.data(), descriptor.size());
    out_.put_bytes(part);
  }

  // False when the record is free. One that remains odd is being written by a worker that is off its processor, on a
  // busy machine for long, or that died or hangs: then the record is lost.
  bool copy(uint32_t index) {
    constexpr int kPatience = 2'000;  // milliseconds, about when a worker counts as hung
    for (int waited = 0; waited < kPatience; ++waited) {
      uint32_t sequence = table_.sequence(index);
      if (table_.copy(index, record_)) return true;
      if (!(sequence & 1) && table_.sequence(index) == sequence) return false;
      if (writer_died()) return false;
      rest_for(1'000'000);
    }
    return false;
  }
  bool writer_died() const {
    pid_t writer = pid_t(load_shared(table_.header().writer_pid));
    return writer <= 0 || (::kill(writer, 0) != 0 && errno == ESRCH);
  }

  void add_record() {
    if (block_.empty()) block_.resize(sizeof(CheckpointBlock));
    size_t at = block_.size();
    block_.resize(at + record_size_);
    std::memcpy(block_.data() + at, &record_.deadline, sizeof record_.deadline);
    std::memcpy(block_.data() + at + sizeof record_.deadline, record_.bytes(), table_.header().value_size);
    ++records_;
    if (++in_block_ == records_a_block_) end_block();
  }
  void end_block() {
    CheckpointBlock head{kCheckpointBlockMagic, in_block_, number_, blocks_++};
    std::memcpy(block_.data(), &head, sizeof head);
    block_.resize(block_.size() + sizeof(CheckpointPartEnd), 0);
    uint32_t crc = out_.put_bytes(block_);
    blocks_crc_ = crc32(&crc, sizeof crc, blocks_crc_);
    block_.clear();
    in_block_ = 0;
  }

  PartStream& out_;
  const StateReader& table_;
  uint32_t number_;
  size_t record_size_;
  size_t records_a_block_;
  std::vector<uint8_t> block_;
  StateRecord record_;
  uint64_t records_ = 0;
  uint32_t in_block_ = 0, blocks_ = 0, blocks_crc_ = 0;
};

CheckpointHeader file_header(const CheckpointLabel& label, uint64_t sequence, size_t tables,
                             const CheckpointClock& clock) {
  CheckpointHeader header{};
  std::memcpy(header.magic, kCheckpointMagic, sizeof header.magic);
  header.format = kCheckpointFormat;
  header.bytes = sizeof header;
  header.tables = uint32_t(tables);
  std::memcpy(header.boot_id, clock.boot_id.data(), sizeof header.boot_id);
  header.boot_time_ns = clock.boot_time_ns;
  header.real_time_ns = clock.real_time_ns;
  header.sequence = sequence;
  store_text(header.instance, label.instance);
  store_text(header.release, label.release);
  store_text(header.reason, label.reason);
  return header;
}

// Returns 0 or the error of the system call that failed.
int write_file(int fd, const CheckpointLabel& label, std::span<const CheckpointSource> sources, uint32_t rest,
               WrittenCheckpoint& written) {
  PartStream out(fd, rest);
  CheckpointClock clock = CheckpointClock::now();
  CheckpointHeader header = file_header(label, written.sequence, sources.size(), clock);
  out.put(header);
  for (const CheckpointSource& source : sources) {
    uint32_t number = uint32_t(&source - sources.data());
    written.records += TableStream(out, source.table, number).write(source.name, clock.boot_time_ns);
  }
  CheckpointEnd end{};
  std::memcpy(end.magic, kCheckpointEndMagic, sizeof end.magic);
  end.records = written.records;
  end.bytes = out.bytes() + sizeof end;
  end.parts_crc = out.parts_crc();
  out.put(end);
  written.bytes = out.bytes();
  if (out.error() != 0) return out.error();
  return ::fsync(fd) == 0 ? 0 : errno;
}

// An upper bound: records that have expired or are freed meanwhile are not written.
uint64_t most_bytes(std::span<const CheckpointSource> sources) {
  uint64_t bytes = sizeof(CheckpointHeader) + sizeof(CheckpointEnd);
  for (const CheckpointSource& source : sources) {
    const StateHeader& header = source.table.header();
    bytes += kStateHeaderBytes + header.descriptor_length;
    bytes += uint64_t(load_shared(header.count)) * (sizeof(uint64_t) + header.value_size);
  }
  return bytes;
}

CheckpointFailure check_names(std::span<const CheckpointSource> sources) {
  constexpr size_t kMost = sizeof(CheckpointTableHeader::name) - 1;
  for (const CheckpointSource& source : sources) {
    if (source.name.size() > kMost)
      return {CheckpointReason::write_failed, "state table '" + source.name + "': a checkpoint holds names of up to " +
                                                  std::to_string(kMost) + " bytes: give the state a shorter one"};
  }
  return {};
}

}  // namespace

CheckpointFailure write_checkpoint(const std::string& directory, const CheckpointLabel& label,
                                   std::span<const CheckpointSource> sources, uint32_t rest,
                                   WrittenCheckpoint& written) {
  written = {};
  if (CheckpointFailure failure = check_names(sources)) return failure;
  if (CheckpointFailure failure = next_checkpoint(directory, written.sequence)) return failure;
  remove_unfinished_checkpoints(directory);
  if (CheckpointFailure failure = check_room(directory, most_bytes(sources))) return failure;
  std::string path = directory + "/" + checkpoint_name(written.sequence), unfinished = path + ".new";
  FileDescriptor file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  int error = file ? write_file(file.get(), label, sources, rest, written) : errno;
  if (error == 0 && ::rename(unfinished.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return sync_directory(directory);
  ::unlink(unfinished.c_str());
  return checkpoint_failure("checkpoint '" + path + "'", error);
}

}  // namespace clickup
