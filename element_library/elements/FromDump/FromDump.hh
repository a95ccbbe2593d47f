// FromDump(FILENAME, [TIMING, STOP, END_CALL, ACTIVE, SAMPLE, times]): emits the packets of a pcap file.
//
// Ports: 1 output, agnostic. Reads classic pcap of either byte order, with microseconds or nanoseconds.
// Parameters: TIMING, keep the distances in time between packets (false); STOP, end the driver after the last packet
// (false), or END_CALL, a write handler to call then; ACTIVE (true); SAMPLE, the probability of each packet (1); START,
// END, seconds since 1970, START_AFTER, END_AFTER, seconds after the first packet, and INTERVAL, seconds after the
// start: of the packets within, the first and the last. At the end of that time END_CALL is called, if there is one, or
// the element becomes inactive. MMAP does nothing. Sets the timestamp, and the MAC header position for Ethernet
// captures. Packets longer than the driver's buffers are left out. Handlers: count, filename, encap (r); active (rw);
// reset_counts (w).
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <optional>

#include "elements/FromDump/dump_window.hh"
#include "support/packet_source/emitter.hh"
#include "support/pcap_format/pcap_format.hh"
#include "support/random/random.hh"

namespace clickup {

class FromDump : public Emitter {
 public:
  ~FromDump() override {
    if (file_) munmap(const_cast<uint8_t*>(file_), size_);
  }

  void configure(Arguments& arguments, Errors& errors) override {
    bool mapped = true;
    arguments.positional("FILENAME", path_).positional("TIMING", timing_, false).keyword("ACTIVE", active_);
    arguments.keyword("SAMPLE", sample_).keyword("MMAP", mapped);
    read_end(arguments, errors);
    read_window(arguments, errors);
    arguments.finish(errors);
    if (sample_ < 0 || sample_ > 1) errors.add("SAMPLE is a probability, 0 to 1");
  }

  void initialize(Host& host, Errors& errors) override {
    Emitter::initialize(host, errors);
    std::string problem = open_file();
    if (!problem.empty()) errors.add(path_ + ": " + problem);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("count", [this] { return std::to_string(count_); });
    handlers.write("reset_counts", [this](std::string_view) {
      count_ = 0;
      return std::string();
    });
    handlers.read("filename", [this] { return path_; });
    handlers.read("encap", [this] { return encapsulation(); });
    handlers.read("active", [this] { return std::string(active_ ? "true" : "false"); });
    handlers.write("active", [this](std::string_view value) {
      if (!parse_bool(value, active_)) return std::string("active is true or false");
      set_keyword("ACTIVE", value);
      first_ns_ = 0;  // the distances in time count from here on
      return std::string();
    });
  }

  uint64_t timer_at() const override { return timing_ && active_ && has_task() ? due_ns_ : 0; }

 private:
  void read_window(Arguments& arguments, Errors& errors) {
    auto read = [&](const char* keyword, std::optional<uint64_t>& ns) {
      double seconds = -1;
      arguments.keyword_duration(keyword, seconds);
      if (seconds > 0) ns = uint64_t(std::llround(seconds * 1e9));
    };
    read("START", window_.start), read("START_AFTER", window_.start_after);
    read("END", window_.end), read("END_AFTER", window_.end_after), read("INTERVAL", window_.interval);
    if (window_.start && window_.start_after) errors.add("give START or START_AFTER, not both");
    if ((window_.end ? 1 : 0) + (window_.end_after ? 1 : 0) + (window_.interval ? 1 : 0) > 1)
      errors.add("give one of END, END_AFTER and INTERVAL");
  }

  std::string open_file() {
    int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return std::string("cannot be opened: ") + std::strerror(errno);
    struct stat status{};
    void* mapped = MAP_FAILED;
    if (fstat(fd, &status) == 0 && status.st_size >= off_t(sizeof(PcapFileHeader))) {
      mapped = mmap(nullptr, size_t(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    if (mapped == MAP_FAILED) return "is too short for a pcap file or cannot be mapped";
    file_ = static_cast<const uint8_t*>(mapped);
    size_ = size_t(status.st_size);
    PcapFileHeader header;
    std::memcpy(&header, file_, sizeof header);
    at_ = sizeof header;
    return reader_.open(header) ? "" : "is not a pcap file (pcapng has to be converted: editcap -F pcap)";
  }

  void emit(Batch& batch, uint32_t limit) override {
    limit = std::min(limit, kBatchSize - batch.count);
    PcapRecordHeader record;
    while (active_ && limit > 0 && next_record(record)) {
      uint64_t time_ns = reader_.time_ns(record);
      DumpWindow::Place place = window_.place(time_ns);
      if (place == DumpWindow::Place::after) return end_of_window();
      bool drawn = place == DumpWindow::Place::within && is_drawn();
      if (drawn && timing_ && !is_due(time_ns)) return;
      draw_.reset();
      uint32_t kept = reader_.number(record.kept);
      at_ += sizeof record + kept;
      if (!drawn || kept > kMaxPacket) continue;
      Packet* packet = packet_pool().allocate();
      if (!packet) return;
      std::memcpy(packet->data(), file_ + at_ - kept, kept);
      packet->length = kept;
      packet->timestamp_ns = time_ns;
      if (reader_.linktype == 1) packet->mac_header = packet->begin;
      batch.add(packet);
      ++count_;
      --limit;
    }
  }

  // The header of the next record; at the end of the file, false.
  bool next_record(PcapRecordHeader& record) {
    if (size_ - at_ >= sizeof record) {
      std::memcpy(&record, file_ + at_, sizeof record);
      if (reader_.number(record.kept) <= size_ - at_ - sizeof record) return true;
    }
    if (at_ != size_) chatter(*this, path_ + " ends within a packet");
    at_ = size_;
    active_ = false;
    end();
    return false;
  }

  void end_of_window() {
    window_.pass_end();
    end();
    if (!calls_at_end()) active_ = false;
  }

  // The draw is made once, also for a packet that is not due yet.
  bool is_drawn() {
    if (sample_ < 1 && !draw_) draw_ = double(random_.next() >> 11) * 0x1p-53 < sample_;
    return draw_.value_or(true);
  }

  bool is_due(uint64_t time_ns) {
    if (first_ns_ == 0) {
      first_ns_ = time_ns;
      start_ns_ = now_ns();
    }
    due_ns_ = start_ns_ + (time_ns > first_ns_ ? time_ns - first_ns_ : 0);
    return now_ns() >= due_ns_;
  }

  std::string encapsulation() const {
    for (const LinkType& type : kLinkTypes) {
      if (type.number == reader_.linktype) return std::string(type.name);
    }
    return std::to_string(reader_.linktype);
  }

  std::string path_;
  bool timing_ = false, active_ = true;
  double sample_ = 1;
  DumpWindow window_;
  Random random_{realtime_ns()};
  std::optional<bool> draw_;  // of the next packet, once made
  const uint8_t* file_ = nullptr;
  size_t size_ = 0, at_ = 0;
  PcapReader reader_;
  uint64_t count_ = 0;
  uint64_t first_ns_ = 0, start_ns_ = 0, due_ns_ = 0;  // TIMING: first packet, when it went out, when the next one does
};

}  // namespace clickup
