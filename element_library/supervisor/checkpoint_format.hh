// The parts of a checkpoint file, format 1, in their order (docs/reference/checkpoints.md): file header; for each table
// its header, blocks of records and its end; file end. Little endian; each part ends with the CRC-32 of what is before
// it in that part, and is a multiple of eight bytes long.
#pragma once

#include <cstdint>

namespace clickup {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "checkpoints and state tables are written as they lie in memory");

inline constexpr char kCheckpointMagic[9] = "CKcheckp", kCheckpointTableMagic[9] = "CKtable1",
                      kCheckpointEndMagic[9] = "CKend__1";
inline constexpr uint32_t kCheckpointBlockMagic = 0x6c624b43, kCheckpointTableEndMagic = 0x65744b43;  // "CKbl", "CKte"
inline constexpr uint32_t kCheckpointFormat = 1;
inline constexpr uint32_t kMostBlockRecords = 4096;

struct CheckpointHeader {
  char magic[8];
  uint32_t format, bytes;  // of this part
  uint32_t tables, zero;
  uint8_t boot_id[16];
  uint64_t boot_time_ns, real_time_ns;  // CLOCK_BOOTTIME and CLOCK_REALTIME when writing began
  uint64_t sequence;
  char instance[128], release[80], reason[128];
  uint8_t padding[108];
  uint32_t crc;
};
static_assert(sizeof(CheckpointHeader) == 512);

// Followed by the descriptor, zeros up to a multiple of eight bytes, and a PartEnd.
struct CheckpointTableHeader {
  char magic[8];
  uint32_t bytes, layout_version;  // of this part in all
  uint64_t layout_hash;
  uint32_t value_size, key_size, capacity, clock_field_count;
  uint64_t hash_seed;
  uint64_t evicted, refused, expired, recovered, discarded;
  uint16_t clock_fields[14];
  uint32_t descriptor_length;
  char name[128];
};
static_assert(sizeof(CheckpointTableHeader) == 248);

// Followed by `records` times a deadline (u64) and the value, and a PartEnd.
struct CheckpointBlock {
  uint32_t magic, records, table, block;
};

struct CheckpointPartEnd {
  uint32_t zero, crc;
};

struct CheckpointTableEnd {
  uint32_t magic, table;
  uint64_t records;
  uint32_t blocks_crc, crc;  // blocks_crc: CRC-32 of the CRCs of its blocks
};
static_assert(sizeof(CheckpointTableEnd) == 24);

struct CheckpointEnd {
  char magic[8];
  uint64_t records, bytes;  // of all tables, of the file
  uint32_t parts_crc, crc;  // parts_crc: CRC-32 of the CRCs of all parts before
};
static_assert(sizeof(CheckpointEnd) == 32);

constexpr uint64_t padded_to_words(uint64_t bytes) { return (bytes + 7) & ~uint64_t(7); }

}  // namespace clickup
