// Click's handlers over a router: the global ones, those that every element has, and each element's own.
#pragma once

#include <string>
#include <string_view>

#include "driver/router.hh"
#include "shared/control_socket.hh"

namespace clickup {

class RouterHandlers : public HandlerDirectory {
 public:
  explicit RouterHandlers(Router& router);

  void read(std::string_view name, std::string_view parameters, ReplyFunction reply) override;
  void write(std::string_view name, std::string_view value, ReplyFunction reply) override;
  int check(std::string_view name, bool write) override;

  // As read(), with an immediate answer.
  HandlerReply read_now(std::string_view name, std::string_view parameters);

 private:
  struct Target {
    const Handler* handler = nullptr;
    int code = 200;  // 510, 511, 530
    std::string error;
  };
  Target look_up(std::string_view name, bool write) const;

  Router& router_;
  HandlerTable global_;
};

// The handlers that every element has: class, name, config, ports, handlers.
void add_element_handlers(const Element& element, HandlerTable& table);
// One "name<TAB>flags" line per handler.
std::string list_handlers(const HandlerTable& table);

}  // namespace clickup
