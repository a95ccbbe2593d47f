#include "supervisor/share.hh"

#include "supervisor/resources.hh"
#include "supervisor/scheduling.hh"
#include "supervisor/settings_text.hh"

namespace clickup {
namespace {
constexpr uint64_t kLeastMemory = 1u << 20, kMostMemory = uint64_t(64) << 30;
}

std::string change_share(std::string_view text, Scheduling& scheduling, Resources& resources) {
  Scheduling changed = scheduling;
  uint64_t memory = resources.ring_memory();
  auto read = [&](std::string_view key, std::string_view value) -> std::string {
    if (key == "priority" || key == "cores") return changed.change(key, value);
    if (key == "ring_memory") return read_number(key, value, kLeastMemory, kMostMemory, memory);
    return "unknown key '" + std::string(key) + "'; known: priority, cores, ring_memory";
  };
  if (std::string why = read_settings(text, read); !why.empty()) return why;
  scheduling = std::move(changed);
  resources.set_ring_memory(memory);
  return {};
}

}  // namespace clickup
