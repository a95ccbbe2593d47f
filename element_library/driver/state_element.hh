// The base of elements that keep state tables.
#pragma once

#include <string>

#include "driver/element.hh"
#include "driver/open_table.hh"

namespace clickup {

class StateElement : public Element {
 public:
  int configure_phase() const override { return 50; }  // before the elements that name it
};

// Adds an error unless `value` is between `least` and `most` records.
inline void check_capacity(const char* keyword, uint32_t value, uint32_t least, uint32_t most, const char* records,
                           Errors& errors) {
  if (value >= least && value <= most) return;
  errors.add(std::string(keyword) + " " + std::to_string(value) + " is out of range: give " + std::to_string(least) +
             " to " + std::to_string(most) + " " + records);
}

// As open_table, for Element::initialize.
template <class Layout>
void open_table(const Element& element, uint32_t capacity, StateTable<Layout>& table, Host& host, Errors& errors) {
  if (std::string error = open_table(host, element.name(), capacity, table); !error.empty()) errors.add(error);
}

// Resumes with the records in the table; logs their recovery if the previous worker did not stop cleanly.
template <class Layout>
void resume_table(const Element& element, StateTable<Layout>& table, const char* records) {
  StateRecovery recovery = table.resume();
  if (!recovery.rebuilt) return;
  chatter(element, "the last worker did not stop cleanly: kept " + std::to_string(recovery.kept) + " " + records +
                       ", discarded " + std::to_string(recovery.discarded) + " that were being written");
}

// count, capacity, evicted and refused, of the table that the element is named after.
template <class Layout>
void read_counts(HandlerTable& handlers, const StateTable<Layout>& table, const uint32_t& capacity) {
  handlers.read("count", [&table] { return std::to_string(table.count()); });
  handlers.read("capacity", [&capacity] { return std::to_string(capacity); });
  handlers.read("evicted", [&table] { return std::to_string(table.header().evicted); });
  handlers.read("refused", [&table] { return std::to_string(table.header().refused); });
}

}  // namespace clickup
