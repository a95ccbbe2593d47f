// Reads the parts of a checkpoint file one after the other and checks each one's CRC.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "supervisor/checkpoint_format.hh"
#include "supervisor/crc32.hh"

namespace clickup {

// A part must not be used before sound() has checked its CRC.
class PartReader {
 public:
  PartReader(int fd, uint64_t bytes, uint64_t at = 0) : fd_(fd), bytes_(bytes), at_(at) {}

  // Makes at least `bytes` of the part that begins here available; false when the file does not have them.
  bool load(uint64_t bytes) {
    if (bytes > bytes_ - at_) return false;
    size_t have = part_.size();
    if (bytes <= have) return true;
    part_.resize(size_t(bytes));
    while (have < bytes) {
      ssize_t count = ::pread(fd_, part_.data() + have, size_t(bytes) - have, off_t(at_ + have));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      have += size_t(count);
    }
    return true;
  }
  template <class Head>
  Head head() const {
    Head head;
    std::memcpy(&head, part_.data(), sizeof head);
    return head;
  }
  const uint8_t* data() const { return part_.data(); }
  uint32_t crc() const {  // as stored in the part
    uint32_t crc;
    std::memcpy(&crc, part_.data() + part_.size() - sizeof crc, sizeof crc);
    return crc;
  }
  bool sound() const { return crc32(part_.data(), part_.size() - sizeof(uint32_t)) == crc(); }
  // Goes on to the next part.
  void end_part() {
    uint32_t crc = this->crc();
    parts_crc_ = crc32(&crc, sizeof crc, parts_crc_);
    at_ += part_.size();
    part_.clear();
  }
  uint64_t at() const { return at_; }
  uint64_t bytes() const { return bytes_; }
  uint32_t parts_crc() const { return parts_crc_; }

 private:
  int fd_;
  uint64_t bytes_, at_;
  std::vector<uint8_t> part_;
  uint32_t parts_crc_ = 0;
};

// The blocks of one table, one after the other.
class BlockReader {
 public:
  BlockReader(PartReader& parts, uint32_t table, uint32_t value_size)
      : parts_(parts), table_(table), record_size_(sizeof(uint64_t) + value_size) {}

  // False at the end of the table, and when what follows is no sound block: why() then gives the reason.
  template <class Record>
  bool next(const Record& record) {
    if (!parts_.load(sizeof(uint32_t)) || parts_.head<uint32_t>() != kCheckpointBlockMagic) return false;
    uint64_t bytes = sizeof(CheckpointBlock) + sizeof(CheckpointPartEnd);
    if (!parts_.load(bytes)) return fail("is cut off");
    auto block = parts_.head<CheckpointBlock>();
    bytes += block.records * record_size_;
    if (block.records == 0 || block.records > kMostBlockRecords || !parts_.load(bytes)) return fail("is cut off");
    if (!parts_.sound() || block.table != table_ || block.block != blocks_++)
      return fail("has a wrong checksum or number");
    const uint8_t* at = parts_.data() + sizeof block;
    for (uint32_t i = 0; i < block.records; ++i, at += record_size_) {
      uint64_t deadline;
      std::memcpy(&deadline, at, sizeof deadline);
      record(deadline, at + sizeof deadline);
    }
    records_ += block.records;
    uint32_t crc = parts_.crc();
    blocks_crc_ = crc32(&crc, sizeof crc, blocks_crc_);
    parts_.end_part();
    return true;
  }
  const std::string& why() const { return why_; }
  uint64_t records() const { return records_; }
  uint32_t blocks_crc() const { return blocks_crc_; }

 private:
  bool fail(const char* what) {
    why_ = "block " + std::to_string(blocks_) + " at byte " + std::to_string(parts_.at()) + " " + what;
    return false;
  }
  PartReader& parts_;
  uint32_t table_;
  uint64_t record_size_;
  uint64_t records_ = 0;
  uint32_t blocks_ = 0, blocks_crc_ = 0;
  std::string why_;
};

}  // namespace clickup
