#include "supervisor/table_sources.hh"

#include <algorithm>

namespace clickup {
namespace {

std::shared_ptr<const TableMemory> memory_named(const std::string& name, const std::optional<Slot>& slot) {
  if (!slot) return nullptr;
  auto found = slot->needs.tables.find(name);
  return found != slot->needs.tables.end() ? found->second.memory : nullptr;
}

}  // namespace

std::shared_ptr<const TableMemory> memory_of(const TableKey& key, const std::optional<Slot>& before) {
  std::shared_ptr<const TableMemory> known = memory_named(key.name, before);
  return known && known->key() == key ? known : nullptr;
}

std::shared_ptr<const TableMemory> source_of(const TableMemory* memory, const std::string& name, bool back,
                                             const std::optional<Slot>& live) {
  std::shared_ptr<const TableMemory> source = memory_named(name, live);
  return !source || source.get() == memory || (back && source->restored()) ? nullptr : source;
}

void find_sources_back(Slot& slot, const std::optional<Slot>& live) {
  for (auto& [name, use] : slot.needs.tables) use.source = source_of(use.memory.get(), name, true, live);
}

bool must_carry(const Slot& slot) {
  const auto& tables = slot.needs.tables;
  return std::any_of(tables.begin(), tables.end(), [](const auto& table) { return table.second.source != nullptr; });
}

}  // namespace clickup
