// Searches TCP streams and UDP datagrams for patterns: packets as bytes, streams as records of state tables. It knows
// nothing of elements or routers, so that any host can run it.
//
// For a batch: look_up() for every packet, prefetch() for every packet, then inspect() one after the other.
#pragma once

#include "elements/SessionTable/session_kernel.hh"
#include "elements/StreamTable/stream_order.hh"
#include "support/pattern_set/pattern_set.hh"

namespace clickup {

enum class Inspection : uint8_t { clean, match, unseen };  // MatchPatterns' outputs, in this order

struct PatternAlert {
  static constexpr uint32_t kContradiction = 0;  // in place of a rule: bytes that came twice were not the same

  const Session& flow;  // key fields
  bool from_second;     // the second endpoint sent it
  uint32_t rule;
  uint64_t end;  // bytes of the stream or datagram up to the end of the pattern; 0: unknown
};

enum class AlertFate : uint8_t { told, suppressed, lost };

// Receives findings, once per flow and rule. One that it does not report is reported when it is found again.
class AlertSink {
 public:
  virtual ~AlertSink() = default;
  virtual AlertFate alert(const PatternAlert& alert) = 0;
};

struct MatchCounts {
  uint64_t alerts = 0;          // told
  uint64_t suppressed = 0;      // not told, because there were too many
  uint64_t lost = 0;            // not told, because they could not be written
  uint64_t jumps = 0;           // holes in streams that were given up
  uint64_t contradictions = 0;  // overlaps with other bytes
};

class MatchKernel {
 public:
  MatchKernel(const SessionRecords& sessions, StreamRecords& streams, SegmentRecords& segments, FoundRecords& found,
              const uint32_t& window)
      : sessions_(sessions), streams_(streams), order_(segments, window), found_(found) {}

  // Uses these patterns, which the caller keeps, from now on. Streams continue with them from the bytes kept of each.
  void use(const PatternSet& set) { set_ = &set; }
  const MatchCounts& counts() const { return counts_; }

  // Returns the value by which the packet's stream is found, and starts to load it.
  uint64_t look_up(const SessionPacket& packet) {
    if (!in_stream(packet)) return 0;
    uint64_t hash = streams_.hash(key(packet.key, packet.from_second));
    streams_.prefetch_bucket(hash);
    return hash;
  }
  void prefetch(const SessionPacket& packet, uint64_t hash) const {
    if (in_stream(packet)) streams_.prefetch_record(hash);
  }

  // `now`: CLOCK_BOOTTIME, ns.
  Inspection inspect(const SessionPacket& packet, uint64_t hash, uint64_t now, AlertSink& sink) {
    if (packet.kind == PacketKind::malformed || packet.kind == PacketKind::fragment) return Inspection::unseen;
    if (packet.kind != PacketKind::tracked) return Inspection::clean;
    if (packet.key.protocol != protocol::tcp && packet.payload_length == 0) return Inspection::clean;
    uint32_t session = sessions_.find(packet.key, packet.hash, now);
    Moment moment{now, sink, 0, now + kMemory};
    if (session != SessionRecords::kNone) {
      moment.opened = sessions_.at(session).opened;
      moment.session_end = sessions_.deadline(session);
    }
    if (packet.key.protocol != protocol::tcp) return inspect_alone(packet, moment, packet.first_fragment);
    if (session == SessionRecords::kNone) return inspect_alone(packet, moment, packet.payload_length > 0);
    if (packet.tcp.has(tcp_flag::ack) && !order_.idle()) take_acknowledgment(packet, moment);
    if (!in_stream(packet)) return Inspection::clean;
    return inspect_segment(packet, sessions_.at(session), hash, moment);
  }

 private:
  static constexpr uint64_t kMemory = 3600 * kSecond;  // of a flow without a session

  struct Moment {
    uint64_t now;
    AlertSink& sink;
    uint64_t opened;       // when the packet's session was; 0: it has none
    uint64_t session_end;  // until when findings are remembered
  };

  // Reads one stream into its record.
  class Reading : public StreamReader {
   public:
    Reading(MatchKernel& kernel, const Session& flow, Stream& stream, const Moment& moment)
        : kernel_(kernel), flow_(flow), stream_(stream), moment_(moment) {}

    void go_on(Bytes data) override {
      stream_.state = kernel_.set_->scan(stream_.state, tail_of(stream_), data, [&](uint32_t rule, uint32_t end) {
        found(kernel_.set_->rules()[rule].id, stream_.position + end);
      });
      append_to_tail(stream_, data);
      stream_.position += data.size();
    }
    void look_at(Bytes data) override {
      kernel_.set_->scan(PatternSet::kRoot, {}, data,
                         [&](uint32_t rule, uint32_t) { found(kernel_.set_->rules()[rule].id, 0); });
    }
    void jump(uint32_t distance) override {
      stream_.position += distance;
      stream_.state = PatternSet::kRoot;
      stream_.tail_length = 0;
      ++kernel_.counts_.jumps;
    }
    void contradiction() override {
      ++kernel_.counts_.contradictions;
      stream_.flags |= kContradicted;
      found(PatternAlert::kContradiction, 0);
    }

   private:
    void found(uint32_t rule, uint64_t end) {
      stream_.flags |= kSomethingFound;
      kernel_.tell({flow_, stream_.from_second != 0, rule, end}, moment_);
    }

    MatchKernel& kernel_;
    const Session& flow_;
    Stream& stream_;
    const Moment& moment_;
  };

  static bool in_stream(const SessionPacket& packet) {
    return packet.kind == PacketKind::tracked && packet.key.protocol == protocol::tcp &&
           (packet.payload_length > 0 || packet.tcp.has(tcp_flag::syn));
  }

  const Stream& key(const Session& flow, bool from_second) {
    set_session(probe_, flow);
    probe_.from_second = from_second;
    return probe_;
  }

  // A payload whose preceding bytes are unknown.
  Inspection inspect_alone(const SessionPacket& packet, const Moment& moment, bool incomplete) {
    bool something = false;
    set_->scan(PatternSet::kRoot, {}, {packet.payload, packet.payload_length}, [&](uint32_t rule, uint32_t end) {
      something = true;
      tell({packet.key, packet.from_second, set_->rules()[rule].id, end}, moment);
    });
    return something ? Inspection::match : incomplete ? Inspection::unseen : Inspection::clean;
  }

  Inspection inspect_segment(const SessionPacket& packet, const Session& session, uint64_t hash, const Moment& moment) {
    uint32_t index = streams_.find(key(packet.key, packet.from_second), hash, moment.now);
    bool known = index != StreamRecords::kNone && streams_.at(index).opened == session.opened;
    Stream stream = known ? streams_.at(index) : begin_stream(packet, session);
    bool syn = packet.tcp.has(tcp_flag::syn);
    if (syn && (!known || opening(session))) stream.next = packet.tcp.sequence + 1;
    adopt_set(stream);
    Reading reading(*this, packet.key, stream, moment);
    order_.take(stream, packet.tcp.sequence + syn, {packet.payload, packet.payload_length}, moment.now, reading);
    if (index != StreamRecords::kNone) {
      streams_.write(index, stream, moment.session_end);
    } else {
      index = streams_.insert(stream, hash, moment.session_end, moment.now, keeps_stream);
    }
    if (stream.flags & kSomethingFound) return Inspection::match;
    return index == StreamRecords::kNone && !syn ? Inspection::unseen : Inspection::clean;
  }

  // Begins where the other side has acknowledged everything, unless that is ahead: then here.
  Stream begin_stream(const SessionPacket& packet, const Session& session) {
    Stream stream;
    set_session(stream, packet.key);
    stream.from_second = packet.from_second;
    stream.opened = session.opened;
    stream.pattern_set = set_->hash();
    stream.state = PatternSet::kRoot;
    uint32_t acknowledged = read_side(session, !packet.from_second).acknowledged;
    bool here = opening(session) || sequence_after(acknowledged, packet.tcp.sequence);
    stream.next = here ? packet.tcp.sequence : acknowledged;
    return stream;
  }

  // Nobody has acknowledged the SYNs of both yet; later SYNs begin nothing.
  static bool opening(const Session& session) {
    SessionState state = state_of(session);
    return state == SessionState::syn_sent || state == SessionState::syn_sent2 || state == SessionState::syn_recv;
  }

  // States of another set are invalid here. Patterns that end within the tail were found by that set, or not in it.
  void adopt_set(Stream& stream) const {
    if (stream.pattern_set == set_->hash()) return;
    stream.state = set_->scan(PatternSet::kRoot, {}, tail_of(stream), [](uint32_t, uint32_t) {});
    stream.pattern_set = set_->hash();
  }

  // Of the stream in the other direction.
  void take_acknowledgment(const SessionPacket& packet, const Moment& moment) {
    const Stream& wanted = key(packet.key, !packet.from_second);
    uint32_t index = streams_.find(wanted, streams_.hash(wanted), moment.now);
    if (index == StreamRecords::kNone || streams_.at(index).opened != moment.opened) return;
    if (!sequence_after(packet.tcp.acknowledgment, streams_.at(index).next)) return;
    if (Stretches(streams_.at(index)).empty()) return;
    Stream stream = streams_.at(index);
    adopt_set(stream);
    Reading reading(*this, packet.key, stream, moment);
    order_.give_up_before(stream, packet.tcp.acknowledgment, moment.now, reading);
    streams_.write(index, stream, moment.session_end);
  }

  void tell(const PatternAlert& alert, const Moment& moment) {
    FoundPatternsLayout record;
    set_session(record, alert.flow);
    record.protocol = alert.flow.protocol;
    record.rule = alert.rule;
    record.opened = moment.opened;
    uint64_t hash = found_.hash(record), end = std::max(moment.session_end, moment.now + kMemory);
    uint32_t index = found_.find(record, hash, moment.now);
    if (index != FoundRecords::kNone) return found_.write(index, record, end);
    AlertFate fate = moment.sink.alert(alert);
    counts_.suppressed += fate == AlertFate::suppressed;
    counts_.lost += fate == AlertFate::lost;
    if (fate != AlertFate::told) return;
    ++counts_.alerts;
    found_.insert(record, hash, end, moment.now, [](const FoundPatternsLayout&) { return false; });
  }

  const SessionRecords& sessions_;
  StreamRecords& streams_;
  StreamOrder order_;
  FoundRecords& found_;
  const PatternSet* set_ = nullptr;
  Stream probe_;  // its key fields
  MatchCounts counts_;
};

}  // namespace clickup
