#include "supervisor/checkpoints.hh"

#include <algorithm>
#include <utility>

#include "shared/time_units.hh"
#include "supervisor/event_log.hh"
#include "supervisor/json_text.hh"
#include "supervisor/refusal.hh"

namespace clickup {
namespace {
constexpr uint64_t kMostTime = 600'000 * kMillisecond;  // then the disk counts as not answering
}  // namespace

Checkpoints::Checkpoints(EventLog& log, std::string instance, CheckpointSettings settings)
    : log_(log), instance_(std::move(instance)), settings_(std::move(settings)), last_begin_(boot_time_ns()) {
  make_checkpoint_directory(settings_);
}

std::string Checkpoints::change(std::string_view text) {
  std::string why = change_settings(text, settings_);
  if (!why.empty()) return why;
  make_checkpoint_directory(settings_);
  problem_.clear();
  reason_.clear();
  return {};
}

void Checkpoints::ask(std::string reason, ReplyFunction reply) {
  asked_ = true;
  asked_reason_ = std::move(reason);
  waiting_.push_back(std::move(reply));
}

uint64_t Checkpoints::due_at() const {
  if (asked_) return task_ ? 0 : boot_time_ns();
  if (task_ || settings_.directory.empty() || settings_.interval_ms == 0) return 0;
  return last_begin_ + settings_.interval_ms * kMillisecond;
}

bool Checkpoints::due() const {
  uint64_t at = due_at();
  return at != 0 && boot_time_ns() >= at;
}

void Checkpoints::begin(const std::string& release, const std::vector<CheckpointMemory>& tables) {
  if (settings_.directory.empty())
    return refuse(Cause::request, "no directory for checkpoints is set: write `directory=DIR` to `checkpoints`");
  std::string reason = std::exchange(asked_, false) ? asked_reason_ : "interval";
  last_begin_ = boot_time_ns();
  served_ = std::exchange(waiting_, {});
  task_ = std::make_unique<CheckpointTask>(settings_, CheckpointLabel{instance_, release, reason}, tables);
}

void Checkpoints::refuse(Cause cause, const std::string& why) {
  asked_ = false;
  last_begin_ = boot_time_ns();
  answer(waiting_, refused(cause, "checkpoint: " + why));
}

void Checkpoints::look_after() {
  if (!task_) return;
  if (boot_time_ns() - task_->began_ns() > kMostTime) task_->kill("it was not written within 600 s");
  if (task_->ended()) finish();
}

void Checkpoints::finish() {
  std::unique_ptr<CheckpointTask> task = std::move(task_);
  const CheckpointFailure& failure = task->failure();
  problem_ = failure.text;
  reason_ = reason_word(failure.reason);
  if (failure) {
    log_.add("checkpoint_failed", {{"reason", reason_}, {"text", problem_}});
    return answer(served_, refused(Cause::device, "checkpoint: " + problem_));
  }
  const WrittenCheckpoint& written = task->written();
  uint64_t ms = (boot_time_ns() - task->began_ns()) / kMillisecond;
  last_ = {checkpoint_name(written.sequence), task->began(), task->reason(), written.records, written.bytes, ms};
  log_.add("checkpoint_written", {{"file", last_.file},
                                  {"reason", last_.reason},
                                  {"records", std::to_string(last_.records)},
                                  {"bytes", std::to_string(last_.bytes)},
                                  {"ms", std::to_string(last_.ms)}});
  answer(served_, {200, last_.json()});
}

void Checkpoints::answer(std::vector<ReplyFunction>& replies, const HandlerReply& reply) {
  for (const ReplyFunction& one : std::exchange(replies, {})) one(reply);
}

void Checkpoints::end() {
  task_.reset();
  asked_ = false;
  settings_.interval_ms = 0;
  HandlerReply stopping = refused(Cause::busy, "checkpoint: the supervisor was told to stop");
  for (auto* replies : {&served_, &waiting_}) answer(*replies, stopping);
}

std::string Checkpoints::Written::json() const {
  JsonText json;
  json.begin_object().field("file", file).field("time", time).field("reason", reason).field("records", records);
  return json.field("bytes", bytes).field("ms", ms).end_object().text();
}

void Checkpoints::describe(JsonText& json) const {
  json.begin_object().field("directory", settings_.directory).field("interval_ms", settings_.interval_ms);
  json.field("keep", uint64_t(settings_.keep)).key("last");
  if (last_.file.empty()) json.null();
  else json.raw(last_.json());
  json.field("problem", problem_).field("reason", reason_).end_object();
}

}  // namespace clickup
