#include "driver/carried_tables.hh"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "state_table/migration.hh"

namespace clickup {
namespace {

std::string map_memory(int fd, TableCopy::Memory& memory) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return std::string("fstat: ") + std::strerror(errno);
  size_t bytes = size_t(status.st_size);
  void* address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) return std::string("mmap: ") + std::strerror(errno);
  memory = {static_cast<uint8_t*>(address), bytes};
  return {};
}

void unmap_memory(TableCopy::Memory memory) {
  if (!memory.empty()) ::munmap(memory.data(), memory.size());
}

std::string begin_copy(CarriedTables::Table& table) {
  const StateMigration* migration = find_migration(table.from, table.to);
  if (!migration) return "this driver knows no migration between their layouts";
  table.copy = migration->make();
  return table.copy->attach(table.source, table.target);
}

}  // namespace

CarriedTables::~CarriedTables() {
  for (Table& table : tables_) {
    unmap_memory(table.source);
    unmap_memory(table.target);
  }
}

std::string CarriedTables::add(const std::string& name, uint64_t from, uint64_t to, int source, int target) {
  Table table{name, from, to, {}, {}, nullptr};
  std::string why = map_memory(source, table.source);
  if (why.empty()) why = map_memory(target, table.target);
  if (why.empty()) why = begin_copy(table);
  if (why.empty()) {
    tables_.push_back(std::move(table));
    return {};
  }
  unmap_memory(table.source);
  unmap_memory(table.target);
  return why;
}

uint32_t CarriedTables::round(CopyPace& pace) {
  uint32_t carried = 0;
  for (Table& table : tables_) carried += table.copy->round(pace);
  return carried;
}

uint32_t CarriedTables::final_round() {
  uint32_t carried = 0;
  for (Table& table : tables_) carried += table.copy->final_round();
  return carried;
}

std::vector<CarriedTables::Problem> CarriedTables::turn_round() {
  std::vector<Problem> problems;
  std::erase_if(tables_, [&problems](Table& table) {
    std::unique_ptr<TableCopy> forth = std::move(table.copy);
    std::swap(table.from, table.to);
    std::swap(table.source, table.target);
    std::string why = begin_copy(table);
    if (why.empty()) {
      table.copy->go_back_from(*forth);
      return false;
    }
    problems.emplace_back(table.name, why);
    unmap_memory(table.source);
    unmap_memory(table.target);
    return true;
  });
  return problems;
}

}  // namespace clickup
