// Where the tables of a release are, and where their records are carried from. Pure: it looks at what releases have.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "supervisor/release.hh"

namespace clickup {

// What `before` has of the table; nullptr when it has none, or one of another layout or size.
std::shared_ptr<const TableMemory> memory_of(const TableKey& key, const std::optional<Slot>& before);
// Where the records for this memory are carried from, if they have to be: `live` is what writes them. Going back from
// restored records is going back to those before.
std::shared_ptr<const TableMemory> source_of(const TableMemory* memory, const std::string& name, bool back,
                                             const std::optional<Slot>& live);
// The same for every table of a release to which it may go back.
void find_sources_back(Slot& slot, const std::optional<Slot>& live);
bool must_carry(const Slot& slot);

}  // namespace clickup
