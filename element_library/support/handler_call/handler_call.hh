// A write handler that an element calls when something happens: `stop`, `counter.reset`, `queue.capacity 10`.
#pragma once

#include <string>
#include <string_view>

#include "driver/element.hh"
#include "driver/router.hh"

namespace clickup {

class HandlerCall {
 public:
  bool set() const { return !handler_.empty(); }
  const std::string& text() const { return text_; }

  // Reads `[ELEMENT.]HANDLER [VALUE]`. Returns an error, empty on success.
  std::string parse(std::string_view text) {
    text_ = text;
    size_t space = std::min(text.find_first_of(" \t\r\n"), text.size());
    std::string_view name = text.substr(0, space);
    size_t value = text.find_first_not_of(" \t\r\n", space);
    value_ = value == std::string_view::npos ? "" : text.substr(value);
    size_t dot = name.rfind('.');
    element_ = dot == std::string_view::npos ? "" : name.substr(0, dot);
    handler_ = dot == std::string_view::npos ? name : name.substr(dot + 1);
    return handler_.empty() ? "expected a write handler, such as 'stop' or 'counter.reset'" : "";
  }

  // For initialize() of `caller`: says what is wrong with the handler, empty when it can be called.
  std::string check(const Element& caller) {
    if (!set() || is_stop()) return "";
    target_ = find(caller);
    if (!target_) return "'" + text_ + "': there is no element '" + element_ + "'";
    HandlerTable table;
    target_->add_handlers(table);
    const Handler* handler = table.find(handler_);
    if (handler && handler->writable()) return "";
    return "'" + text_ + "': '" + element_ + "' has no write handler '" + handler_ + "'";
  }

  void call(const Element& caller) const {
    if (!set()) return;
    if (is_stop()) return request_stop();
    const Handler* handler = target_->router().handlers(*target_).find(handler_);
    auto done = [&caller](const std::string& error) {
      if (!error.empty()) chatter(caller, "the handler that it calls: " + error);
    };
    std::string value = value_;  // the handler may change this very call
    if (handler->write_later) handler->write_later(value, done);
    else done(handler->write(value));
  }

 private:
  bool is_stop() const { return element_.empty() && handler_ == "stop"; }

  // In the compound element around the caller, else in those around that one.
  Element* find(const Element& caller) const {
    std::string_view scope = caller.name();
    do {
      scope = scope.substr(0, scope.empty() ? 0 : scope.rfind('/', scope.size() - 2) + 1);
      if (Element* found = caller.router().find(std::string(scope) + element_)) return found;
    } while (!scope.empty());
    return nullptr;
  }

  std::string text_, element_, handler_, value_;
  Element* target_ = nullptr;
};

}  // namespace clickup
