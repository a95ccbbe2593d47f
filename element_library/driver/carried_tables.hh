// The pairs of state tables between which a carrier carries records.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "state_table/table_copy.hh"

namespace clickup {

class CarriedTables {
 public:
  struct Table {
    std::string name;
    uint64_t from, to;  // layout hashes
    TableCopy::Memory source, target;
    std::unique_ptr<TableCopy> copy;
  };
  using Problem = std::pair<std::string, std::string>;  // table, and why its records cannot be carried

  CarriedTables() = default;
  ~CarriedTables();
  CarriedTables(const CarriedTables&) = delete;
  CarriedTables& operator=(const CarriedTables&) = delete;

  // Maps the memory of both descriptors. Returns why the records cannot be carried, empty when they can.
  std::string add(const std::string& name, uint64_t from, uint64_t to, int source, int target);
  bool empty() const { return tables_.empty(); }

  // As in TableCopy, for all tables; return how many records were carried.
  uint32_t round(CopyPace& pace);
  uint32_t final_round();
  // After the final round: reverses the direction. Tables that cannot be carried back are left out and returned.
  std::vector<Problem> turn_round();

  const std::vector<Table>& tables() const { return tables_; }

 private:
  std::vector<Table> tables_;
};

}  // namespace clickup
