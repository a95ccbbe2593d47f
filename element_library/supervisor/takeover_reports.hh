// Outcomes of takeovers, reverts and restarts: answered to whoever asked for them, counted, and kept.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "shared/control_socket.hh"
#include "supervisor/release.hh"

namespace clickup {

class EventLog;
class JsonText;

class TakeoverReports {
 public:
  explicit TakeoverReports(EventLog& log) : log_(log) {}

  // The answer that an attempt got, nullptr when it has none yet.
  const HandlerReply* answer_to(const std::string& attempt) const;
  // Adds a client that waits for the outcome. One takeover is under way at a time; it may be requested twice.
  void await_takeover(const std::string& attempt, ReplyFunction reply);
  bool awaits(const std::string& attempt) const { return awaits_takeover() && awaited_ == attempt; }
  bool awaits_takeover() const { return !takeover_replies_.empty(); }
  void await_revert(ReplyFunction reply) { revert_replies_.push_back(std::move(reply)); }

  void took_over(const TakeoverReport& report);
  void reverted(const TakeoverReport& report);
  void restarted() { ++restarts_; }
  // Answered with `refusal`.
  void failed(const TakeoverReport& report, const HandlerReply& refusal);
  void answer_reverts(const HandlerReply& answer);
  void refuse_all(const HandlerReply& refusal);
  // The release of this attempt stays.
  void confirm(const Release& what);
  // The release was confirmed before, and was reverted to.
  void stays_confirmed(const std::string& release) { confirmed_ = release; }

  const std::string& confirmed() const { return confirmed_; }
  // Fields of an object that is begun.
  void describe_counts(JsonText& json) const;
  void describe_history(JsonText& json) const;

 private:
  void remember(const TakeoverReport& report);
  void answer_attempt(const HandlerReply& answer);

  EventLog& log_;
  std::string awaited_;                          // attempt
  std::map<std::string, HandlerReply> answers_;  // by attempt
  std::deque<std::string> answered_;             // attempts, oldest first
  std::vector<ReplyFunction> takeover_replies_, revert_replies_;
  std::string confirmed_;
  std::deque<TakeoverReport> history_;
  uint64_t takeovers_ = 0, reverts_ = 0, restarts_ = 0;
};

}  // namespace clickup
