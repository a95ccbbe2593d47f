// Where the tables of a release are, and where their records are carried from. Pure: it reads the releases' tables
// only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "supervisor/release.hh"

namespace clickup {

// The table of `before`; nullptr when it has none, or one of another layout or size.
std::shared_ptr<const TableMemory> memory_of(const TableKey& key, const std::optional<Slot>& before);
// Where the records for this memory are carried from, if they have to be: `live` has the release that writes them. A
// revert from restored records goes back to the records before them.
std::shared_ptr<const TableMemory> source_of(const TableMemory* memory, const std::string& name, bool back,
                                             const std::optional<Slot>& live);
// The same for every table of a release that may be reverted to.
void find_sources_back(Slot& slot, const std::optional<Slot>& live);
bool must_carry(const Slot& slot);

}  // namespace clickup
