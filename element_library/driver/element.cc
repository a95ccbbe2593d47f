#include "driver/element.hh"

#include <algorithm>

namespace clickup {

void HandlerTable::read(std::string_view name, std::function<std::string(std::string_view)> function) {
  entry(name).read = std::move(function);
}

void HandlerTable::read(std::string_view name, std::function<std::string()> function) {
  entry(name).read = [function = std::move(function)](std::string_view) { return function(); };
}

void HandlerTable::write(std::string_view name, std::function<std::string(std::string_view)> function) {
  entry(name).write = std::move(function);
}

void HandlerTable::write_later(std::string_view name,
                               std::function<void(std::string_view, std::function<void(std::string)>)> function) {
  entry(name).write_later = std::move(function);
}

const Handler* HandlerTable::find(std::string_view name) const {
  for (const auto& [known, handler] : handlers_) {
    if (known == name) return &handler;
  }
  return nullptr;
}

Handler& HandlerTable::entry(std::string_view name) {
  for (auto& [known, handler] : handlers_) {
    if (known == name) return handler;
  }
  return handlers_.emplace_back(std::string(name), Handler{}).second;
}

Element::~Element() = default;  // here, and not once in each class

void Element::push(int, Batch& batch) {
  process(batch);
  if (output_count() > 0) {
    outputs_[0].push(batch);
  } else {
    batch.release();
  }
}

void Element::pull(int, Batch& batch, uint32_t limit) {
  if (inputs_.empty()) return;
  limit = std::min(limit, kBatchSize - batch.count);
  // Packets already in `batch` came from elsewhere, so `process` must not see them. If it removed everything, pull
  // again: an empty result must mean that upstream is empty.
  while (limit > 0) {
    Batch pulled;
    inputs_[0].pull(pulled, limit);
    if (pulled.empty()) return;
    process(pulled);
    if (pulled.empty()) continue;
    std::copy(pulled.begin(), pulled.end(), batch.end());
    batch.count += pulled.count;
    return;
  }
}

void Element::find_counter(std::string_view word, CounterSlot*& slot, Host& host, Errors& errors) const {
  std::string counter = name_ + (word.empty() ? "" : ".") + std::string(word);
  if (CounterSlot* found = host.counter_slot(counter)) slot = found;
  else errors.add("no counter slot is left for '" + counter + "': use fewer or shorter element names");
}

void Element::push_or_release(int port, Batch& batch) {
  if (port < output_count()) {
    outputs_[size_t(port)].push(batch);
  } else {
    batch.release();
  }
}

void Element::set_keyword(std::string_view keyword, std::string_view value) {
  std::string text(value);
  // A value that would not be read back as one argument is quoted.
  std::vector<std::string> parts = split_arguments(text);
  if (parts.size() != 1 || parts[0] != text || text.find_first_of("()") != std::string::npos) {
    text = quote_string(value);
  }
  std::string named = std::string(keyword) + " " + text;
  for (std::string& argument : configuration_) {
    if (argument.substr(0, argument.find_first_of(" \t\r\n")) == keyword && argument.size() > keyword.size()) {
      argument = std::move(named);
      return;
    }
  }
  for (const auto& [name, index] : positions_) {
    if (name == keyword && index < configuration_.size()) {
      configuration_[index] = std::move(text);
      return;
    }
  }
  configuration_.push_back(std::move(named));
}

}  // namespace clickup
