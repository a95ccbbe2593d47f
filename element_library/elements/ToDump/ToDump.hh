// ToDump(FILENAME, [SNAPLEN, ENCAP, NANO, UNBUFFERED]): writes packets to a pcap file.
//
// Ports: 1 input, agnostic; optional output 0, agnostic, where packets go on (else dropped). On a pull path without an
// output it pulls whenever it is scheduled.
// Parameters: FILENAME, "-" for standard output; SNAPLEN, bytes kept of each packet, 0 for all (2000); ENCAP, what
// packets start with: ETHER (default), IP, NULL, PPP, SLL; NANO, nanoseconds instead of microseconds (false);
// UNBUFFERED, write each packet at once (false).
// Packets without a time get the present one. The file is emptied when this worker starts to forward, and written out
// when it pauses or ends. When writing fails, a line is logged and nothing more is written; packets go on.
// Handlers: count, filename (r); reset_counts, flush (w).
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "driver/element.hh"
#include "support/pcap_format/pcap_format.hh"

namespace clickup {

class ToDump : public Element {
 public:
  ~ToDump() override {
    if (file_ && file_ != stdout) fclose(file_);
  }

  void configure(Arguments& arguments, Errors& errors) override {
    std::string encapsulation = "ETHER";
    bool extra_length = true;
    arguments.positional("FILENAME", path_).positional("SNAPLEN", snaplen_, false);
    arguments.positional("ENCAP", encapsulation, false)
        .keyword("EXTRA_LENGTH", extra_length)
        .keyword("NANO", nanoseconds_)
        .keyword("UNBUFFERED", unbuffered_)
        .finish(errors);
    auto known = std::find_if(std::begin(kLinkTypes), std::end(kLinkTypes),
                              [&](const LinkType& type) { return type.name == encapsulation; });
    if (known == std::end(kLinkTypes)) {
      errors.add("ENCAP is ETHER, IP, NULL, PPP or SLL, not '" + encapsulation + "'");
    } else {
      linktype_ = known->number;
    }
  }

  void initialize(Host&, Errors& errors) override {
    if (path_ == "-") {
      file_ = stdout;
      return;
    }
    int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    file_ = fd < 0 ? nullptr : fdopen(fd, "a");
    if (!file_) errors.add(path_ + ": cannot be written: " + std::strerror(errno));
  }

  void resume() override {
    if (!file_ || started_) return;
    started_ = true;
    if (path_ != "-" && ftruncate(fileno(file_), 0) != 0) chatter(*this, path_ + ": could not be emptied");
    uint32_t magic = nanoseconds_ ? kPcapNanoseconds : kPcapMicroseconds;
    PcapFileHeader header{magic, 2, 4, 0, 0, snaplen_ == 0 ? 262144 : snaplen_, linktype_};
    write(&header, sizeof header);
    flush();
  }
  void pause() override { flush(); }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("count", [this] { return std::to_string(count_); });
    handlers.write("reset_counts", [this](std::string_view) {
      count_ = 0;
      return std::string();
    });
    handlers.read("filename", [this] { return path_; });
    handlers.write("flush", [this](std::string_view) {
      flush();
      return std::string();
    });
  }

  bool has_task() const override { return output_count() == 0 && input_is_pull(0); }
  bool run_task() override {
    Batch batch;
    input(0).pull(batch, kBatchSize);
    process(batch);
    bool moved = !batch.empty();
    batch.release();
    return moved;
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) record(*packet);
    if (unbuffered_) flush();
  }

 private:
  void record(const Packet& packet) {
    uint32_t kept = snaplen_ == 0 ? packet.length : std::min(packet.length, snaplen_);
    uint64_t time_ns = packet.timestamp_ns != 0 ? packet.timestamp_ns : realtime_ns();
    uint32_t fraction = uint32_t(time_ns % 1'000'000'000);
    PcapRecordHeader header{uint32_t(time_ns / 1'000'000'000), nanoseconds_ ? fraction : fraction / 1000, kept,
                            packet.length};
    write(&header, sizeof header);
    write(packet.data(), kept);
    ++count_;
  }

  void write(const void* data, size_t bytes) {
    if (!failed_ && file_ && fwrite(data, 1, bytes, file_) != bytes) fail();
  }
  void flush() {
    if (!failed_ && file_ && fflush(file_) != 0) fail();
  }
  void fail() {
    failed_ = true;
    chatter(*this, path_ + ": writing failed: " + std::strerror(errno) + "; nothing more is written");
  }

  std::string path_;
  uint32_t snaplen_ = 2000;
  uint32_t linktype_ = 1;
  bool nanoseconds_ = false, unbuffered_ = false, started_ = false, failed_ = false;
  FILE* file_ = nullptr;
  uint64_t count_ = 0;
};

}  // namespace clickup
