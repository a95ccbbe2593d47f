// Migrations that a driver knows: each moves records of one layout into a table of another.
#pragma once

#include <cstdint>
#include <string_view>

namespace clickup {

class StateMigration {
 public:
  const std::string_view table;
  const uint64_t from, to;  // hashes of the layouts

  static const StateMigration* first() { return newest(); }
  const StateMigration* next() const { return next_; }

 protected:
  StateMigration(std::string_view its_table, uint64_t its_from, uint64_t its_to)
      : table(its_table), from(its_from), to(its_to), next_(newest()) {
    newest() = this;
  }

 private:
  static const StateMigration*& newest() {
    static const StateMigration* migration = nullptr;
    return migration;
  }
  const StateMigration* next_;
};

// Registers itself for as long as the program runs.
template <class From, class To, void (*convert)(const From&, To&), bool (*assured)(const To&)>
class StateMigrationOf : public StateMigration {
 public:
  StateMigrationOf() : StateMigration(To::kTable, From::kHash, To::kHash) {
    static_assert(From::kTable == To::kTable);
    static_assert(convert != nullptr && assured != nullptr);
  }
};

}  // namespace clickup
