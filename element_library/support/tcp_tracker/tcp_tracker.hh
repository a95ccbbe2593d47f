// The state of a TCP connection, inferred from its segments in both directions. States and timeouts are named as in
// Linux connection tracking; resets count as RFC 5961 requires, and SYNs inside a session pass so that the hosts can
// resolve them themselves.
#pragma once

#include "support/tcp_tracker/tcp_restored.hh"

namespace clickup {

enum class TcpOutcome : uint8_t {
  invalid,
  in_session,
  restarts,  // it answers a SYN inside the session, and both begin a new connection
  reopens,   // a SYN: the session has ended; the caller decides whether another one may begin
};

// One segment of a known session, whose record (tcp_side.hh) has `state`, `flags` and `retransmissions` too. Changes it
// only when the outcome is in_session or restarts.
template <class Record>
class TcpTracker {
 public:
  TcpTracker(Record& session, bool from_second)
      : session_(session),
        from_second_(from_second),
        originator_(from_second == bool(session.flags & kOpenedBySecond)),
        side_(read_side(session, from_second)),
        other_(read_side(session, !from_second)),
        state_(state_of(session)) {}

  TcpOutcome take(const TcpSegment& segment) {
    TcpOutcome outcome = classify(segment);
    if (outcome != in_session && outcome != restarts) return outcome;
    write_side(session_, from_second_, side_);
    write_side(session_, !from_second_, other_);
    set_state(session_, state_);
    note_syn(segment);
    if (!originator_ && answers_) session_.flags |= kAnswered;
    if (both_answered()) session_.flags |= kAssured;
    return outcome;
  }

 private:
  static constexpr TcpOutcome in_session = TcpOutcome::in_session;
  static constexpr TcpOutcome invalid = TcpOutcome::invalid;
  static constexpr TcpOutcome restarts = TcpOutcome::restarts;

  TcpOutcome classify(const TcpSegment& segment) {
    if (segment.opens()) return take_syn(segment);
    if (segment.has(tcp_flag::syn)) return take_syn_ack(segment);
    if (segment.has(tcp_flag::rst)) return take_reset(segment);
    if (state_ == SessionState::syn_sent) return goes_on(segment) ? take_data(segment) : take_challenge(segment);
    if (state_ == SessionState::syn_sent2) return invalid;
    return take_data(segment);
  }

  TcpOutcome take_syn(const TcpSegment& segment) {
    switch (state_) {
      case SessionState::time_wait:
      case SessionState::close: return TcpOutcome::reopens;
      case SessionState::syn_sent:
        side_ = begin_side(segment);
        if (!originator_) state_ = SessionState::syn_sent2;
        return in_session;
      case SessionState::syn_sent2: return repeats_syn(segment) ? in_session : invalid;
      default:
        // A host that lost its connection sends a SYN: the other's challenge acknowledgment makes it reset, or the
        // other answers with a SYN, having lost the connection too.
        return originator_ ? in_session : invalid;
    }
  }

  TcpOutcome take_syn_ack(const TcpSegment& segment) {
    switch (state_) {
      case SessionState::syn_sent:
        if (originator_ || !acknowledges_syn(other_, segment)) return invalid;
        side_ = begin_side(segment);
        return join(segment);
      case SessionState::syn_sent2:
        return repeats_syn(segment) && acknowledges_syn(other_, segment) ? join(segment) : invalid;
      case SessionState::syn_recv: return answer_again(segment);
      default: return fits(segment) ? in_session : begin_again(segment);
    }
  }

  // A repeated SYN-ACK, which may carry another number when it was made from a SYN cookie; or, after a simultaneous
  // open, the second one, which completes the handshake.
  TcpOutcome answer_again(const TcpSegment& segment) {
    bool answers = segment.has(tcp_flag::ack) && segment.acknowledgment == other_.end;
    if (!answers && !fits(segment)) return begin_again(segment);
    if (side_.has(TcpSide::kAnswered) && !other_.has(TcpSide::kAnswered) && !repeats_syn(segment)) {
      if (originator_ || !answers) return invalid;
      side_ = begin_side(segment);
      return join(segment);
    }
    if (!repeats_syn(segment)) return invalid;
    return side_.has(TcpSide::kAnswered) ? in_session : join(segment);
  }

  TcpOutcome join(const TcpSegment& segment) {
    join_sides(side_, other_, segment);
    state_ = other_.has(TcpSide::kAnswered) ? SessionState::established : SessionState::syn_recv;
    return in_session;
  }

  // Both hosts have forgotten the session: its data does not apply to the one that they begin here.
  TcpOutcome begin_again(const TcpSegment& segment) {
    if (originator_ || !answers_remembered_syn(session_, segment)) return invalid;
    other_ = begin_side(remembered_syn(session_));
    side_ = begin_side(segment);
    join(segment);
    session_.flags &= kOpenedBySecond;
    return restarts;
  }

  // Only the exact next number resets; another one within the window makes the receiver challenge (RFC 5961 3.2).
  TcpOutcome take_reset(const TcpSegment& segment) {
    bool next = side_.has(TcpSide::kSyn) && segment.sequence == side_.end;
    bool exact = next || segment.sequence == other_.acknowledged;
    bool opening = state_ == SessionState::syn_sent || state_ == SessionState::syn_sent2;
    if (opening && !originator_) exact = next || acknowledges_syn(other_, segment);
    // It refuses a SYN inside the session; the session stays, because anybody can forge such a pair.
    if (!exact && !originator_ && answers_remembered_syn(session_, segment)) return in_session;
    // Only the receiver knows the current numbers of a restored side.
    bool near = side_.has(TcpSide::kRestored) || (!opening && sequence_fits(side_, other_, segment));
    if (!exact && !near) return invalid;
    if (exact) state_ = SessionState::close;
    return in_session;
  }

  // The answer of a host that still has an older connection: it passes, so that the originator can reset that one.
  TcpOutcome take_challenge(const TcpSegment& segment) {
    if (originator_ || segment.payload || segment.has(tcp_flag::fin)) return invalid;
    side_.acknowledged = segment.acknowledgment;
    answers_ = false;
    return in_session;
  }

  // The handshake had ended before the restore, although the record was saved in the middle of it.
  bool goes_on(const TcpSegment& segment) const {
    return side_.has(TcpSide::kRestored) && (originator_ || segment.payload || segment.has(tcp_flag::fin));
  }

  TcpOutcome take_data(const TcpSegment& segment) {
    bool opening = state_ == SessionState::syn_sent;
    if (!opening && fits(segment)) {
      side_.flags &= uint8_t(~TcpSide::kRestored);
    } else if (!catch_up(side_, other_, segment)) {
      return invalid;
    }
    if (opening) state_ = SessionState::syn_recv;
    // A repetition of acknowledged data is no sign of trouble: mostly it is a probe of an idle connection.
    bool unacknowledged = segment.end() != segment.sequence && sequence_after(segment.end(), other_.acknowledged);
    if (advance_sides(side_, other_, segment)) {
      session_.retransmissions = 0;
    } else if (unacknowledged && session_.retransmissions < 255) {
      ++session_.retransmissions;
    }
    state_ = state_after_data();
    return in_session;
  }

  SessionState state_after_data() const {
    if (state_ == SessionState::close) return state_;
    int fins = side_.has(TcpSide::kFin) + other_.has(TcpSide::kFin);
    bool side_done = side_.has(TcpSide::kFin) && all_acknowledged(side_, other_);
    bool other_done = other_.has(TcpSide::kFin) && all_acknowledged(other_, side_);
    if (fins == 2) return side_done && other_done ? SessionState::time_wait : SessionState::last_ack;
    if (fins == 1) return side_done || other_done ? SessionState::close_wait : SessionState::fin_wait;
    return both_answered() ? SessionState::established : state_;
  }
  bool both_answered() const { return side_.has(TcpSide::kAnswered) && other_.has(TcpSide::kAnswered); }

  void note_syn(const TcpSegment& segment) {
    bool opening = state_ == SessionState::syn_sent || state_ == SessionState::syn_sent2;
    if (segment.opens() && !opening) return remember_syn(session_, segment);
    forget_syn(session_);
  }

  bool fits(const TcpSegment& segment) const {
    return sequence_fits(side_, other_, segment) && acknowledgment_fits(side_, other_, segment);
  }
  // This side has sent only a SYN so far, and this segment repeats it.
  bool repeats_syn(const TcpSegment& segment) const {
    return side_.has(TcpSide::kSyn) && segment.sequence + 1 == side_.end;
  }

  Record& session_;
  bool from_second_;
  bool originator_;
  bool answers_ = true;
  TcpSide side_, other_;
  SessionState state_;
};

// A new session that this SYN opens.
template <class Record>
inline void begin_tcp(Record& session, bool from_second, const TcpSegment& syn) {
  write_side(session, from_second, begin_side(syn));
  set_state(session, SessionState::syn_sent);
}

}  // namespace clickup
