// The migrations linked into this driver: one for each ordered pair of a table's layouts, including a layout with
// itself, since a change of capacity is a migration too.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "state_table/typed_table_copy.hh"

namespace clickup {

struct StateMigration {
  std::string_view table;
  uint64_t from, to;  // layout hashes
  std::unique_ptr<TableCopy> (*make)();
};

// Made on first use: registrations run in an order that nobody controls.
inline std::vector<StateMigration>& state_migrations() {
  static std::vector<StateMigration> known;
  return known;
}

// nullptr when this driver cannot.
inline const StateMigration* find_migration(uint64_t from, uint64_t to) {
  for (const StateMigration& migration : state_migrations())
    if (migration.from == from && migration.to == to) return &migration;
  return nullptr;
}

// Registers itself: `convert` sets the new record from the old one, whose memory it must not keep; a full target keeps
// the records of which `assured` holds.
template <class From, class To, void (*convert)(const From&, To&), bool (*assured)(const To&)>
class StateMigrationOf {
 public:
  StateMigrationOf() { state_migrations().push_back({From::kTable, From::kHash, To::kHash, &make}); }

 private:
  static_assert(From::kTable == To::kTable);
  static std::unique_ptr<TableCopy> make() { return std::make_unique<TypedTableCopy<From, To, convert, assured>>(); }
};

}  // namespace clickup
