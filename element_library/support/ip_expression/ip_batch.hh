// The header fields of a batch of packets, for tests that look at several packets at once.
#pragma once

#include <array>
#include <utility>

#include "support/batch_split/batch_split.hh"
#include "support/ip_fields/ip_fields.hh"

namespace clickup {

// The fields of a batch, side by side, so that one test covers several packets at once. A field is read on first use.
// Valid as long as the packets do not change.
class IpBatch {
 public:
  explicit IpBatch(const Batch& batch) : batch_(batch), count_(batch.count) {
    for (uint32_t i = 0; i < count_; ++i) headers_[i] = find_headers(*batch.items[i]);
  }

  uint32_t count() const { return count_; }
  const IpHeaders& headers(uint32_t packet) const { return headers_[packet]; }
  const Packet& packet(uint32_t packet) const { return *batch_.items[packet]; }
  // The packets that have the field; ports and the like never are in a fragment with an offset.
  PacketMask present(IpField field) {
    read(field);
    return present_[size_t(field)];
  }
  // One value per packet, 0 without the field, padded with zeros to whole rows.
  const uint32_t* values(IpField field) {
    read(field);
    return values_[size_t(field)];
  }
  static constexpr uint32_t kRow = 32;  // values
  // The width that every relevant processor compares at once (SSE2, NEON).
  using Lanes [[gnu::vector_size(16)]] = uint32_t;

 private:
  void read(IpField field) {
    if (read_ >> unsigned(field) & 1) return;
    read_ |= 1u << unsigned(field);
    (this->*kReaders[size_t(field)])();
  }
  // One loop per field, so that the field is not decided for each packet.
  template <IpField field>
  void read_all() {
    PacketMask all = 0;
    uint32_t* values = values_[size_t(field)];
    for (uint32_t i = 0; i < count_; ++i) {
      bool present = false;
      values[i] = read_field(field, headers_[i], present);
      all |= PacketMask(present) << i;
    }
    for (uint32_t i = count_; i % kRow != 0; ++i) values[i] = 0;
    present_[size_t(field)] = all;
  }
  template <size_t... field>
  static constexpr auto readers(std::index_sequence<field...>) {
    return std::array{&IpBatch::read_all<IpField(field)>...};
  }
  static const std::array<void (IpBatch::*)(), size_t(IpField::count)> kReaders;

  const Batch& batch_;
  uint32_t count_;
  uint32_t read_ = 0;  // bit i: field i was read
  IpHeaders headers_[kBatchSize];
  PacketMask present_[size_t(IpField::count)];
  uint32_t values_[size_t(IpField::count)][kBatchSize];
};

inline constexpr std::array<void (IpBatch::*)(), size_t(IpField::count)> IpBatch::kReaders =
    IpBatch::readers(std::make_index_sequence<size_t(IpField::count)>());

}  // namespace clickup
