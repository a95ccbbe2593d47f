// The handler `status`.
#include <unistd.h>

#include <algorithm>

#include "shared/message_fields.hh"
#include "shared/time_units.hh"
#include "supervisor/json_text.hh"
#include "supervisor/supervisor.hh"

namespace clickup {
namespace {

void describe(JsonText& json, const std::optional<Slot>& slot) {
  if (!slot) {
    json.null();
    return;
  }
  uint64_t pid = slot->worker ? uint64_t(slot->worker->pid()) : 0;
  json.begin_object().field("release", slot->what.release).field("attempt", slot->what.attempt).field("pid", pid);
  json.field("config", slot->what.config).field("driver", slot->what.driver).field("since", slot->since).end_object();
}

void describe(JsonText& json, const Needs& needs) {
  json.begin_object();
  for (const auto& [name, use] : needs.tables) {
    const TableKey& key = use.memory->key();
    TableFacts facts = use.memory->facts();
    json.key(name).begin_object().field("bytes", key.bytes).field("layout", hexadecimal(key.layout));
    json.field("version", uint64_t(facts.version)).field("capacity", uint64_t(facts.capacity));
    json.field("records", uint64_t(facts.records)).end_object();
  }
  json.end_object();
}

}  // namespace

std::string Supervisor::status() {
  JsonText json;
  json.begin_object()
      .field("protocol", uint64_t(kProtocol))
      .field("instance", checkpoints_.instance())
      .field("pid", uint64_t(::getpid()))
      .field("state", state_word(life_))
      .field("phase", phase_word(life_.phase));
  describe(json.key("active"), current_);
  describe(json.key("parked"), previous_);
  json.field("confirmed", reports_.confirmed()).key("confirm_deadline_ms");
  uint64_t now = boot_time_ns();
  if (confirm_deadline_) json.value((std::max(confirm_deadline_, now) - now) / kMillisecond);
  else json.null();
  reports_.describe_counts(json);
  json.field("problem", backoff_.problem());
  resources_.describe_interfaces(json.key("interfaces"));
  resources_.describe_rings(json.key("rings"));
  scheduling_.describe(json.key("scheduling").begin_object());
  json.field("ring_memory", resources_.ring_memory()).end_object();
  describe(json.key("tables"), current_ ? current_->needs : Needs{});
  checkpoints_.describe(json.key("checkpoints"));
  reports_.describe_history(json);
  return json.end_object().text();
}

}  // namespace clickup
